import type { RunFailure } from "./engine.ts";

/** Failures that a history may have: the engine's own, a kill, and a host that another change has. */
const EXPECTED = [
  /protected/,
  /process died/,
  /selects GPUs by number or count, but .* (is|are) missing|names GPU .*, which is missing/,
  /cannot reach|its host was not reachable/,
  /the connection to .* broke/,
  // By a kill, until that stack has run again.
  /a change by .* was interrupted on this host/,
  /is changing the partitions of this host/,
  /cannot be served|does not fit|no room|no free|needs/,
  // Of a run that leaves out the GPUs, which drifted, or the model, whose devices change.
  /leaves the model out of this run, and its devices no longer exist/,
  /is out of date for .* include the resource that declares it in this update/,
];

/** A forced replacement is checked without state, which alone knows under which name a renamed stack declares its GPUs. */
const EXPECTED_OF_RENAMED = /is declared by p\/[ab]x*\/.*If this stack was renamed from/;

/** What remains of them. */
export const unexpected = ({ reasons }: RunFailure, isRenamed: boolean): readonly string[] =>
  reasons
    .filter((reason) => !EXPECTED.some((pattern) => pattern.test(reason)))
    .filter((reason) => !(isRenamed && EXPECTED_OF_RENAMED.test(reason)))
    .map((reason) => `failed: ${reason}`);
