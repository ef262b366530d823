import { randomUUID } from "node:crypto";

import type { Bound } from "../bound.ts";
import { ProbeOutputError } from "../host-errors.ts";
import type { Executor } from "../remote/executor.ts";
import type { HostObservation } from "./observation.ts";
import { parseProbe } from "./parse-probe.ts";
import { PROBE_SCRIPT } from "./probe/script.ts";

/** A host of 64 devices says a tenth of it. */
const OUTPUT_LIMIT_BYTES = 8 * 1024 * 1024;

/** How one host is observed. */
export interface Observing {
  /** Where amd-smi is. @default the first one found in the usual places and PATH */
  readonly amdSmiPath?: string | undefined;
  /** @default none but the time */
  readonly bound?: Bound | undefined;
}

/** Observes a host once: one exec, read-only. A tool of the host that hangs may take half of the time, the rest answers anyway. */
export async function observeHost(
  executor: Executor,
  timeoutMs: number,
  { amdSmiPath, bound = {} }: Observing = {},
): Promise<HostObservation> {
  const token = randomUUID();
  const toolSeconds = Math.max(1, Math.floor(timeoutMs / 2000));
  const answer = await executor.run(
    {
      script: PROBE_SCRIPT,
      args: [token, String(toolSeconds), amdSmiPath ?? ""],
      name: "reading the host",
    },
    { ...bound, timeoutMs, outputLimitBytes: OUTPUT_LIMIT_BYTES },
  );
  if (answer.code !== 0) {
    throw new ProbeOutputError(
      executor.target,
      `the probe ended with ${answer.code}`,
      answer.stderr || answer.stdout,
    );
  }
  return parseProbe(answer.stdout, token, executor.target, {
    wanted: amdSmiPath,
    complaints: answer.stderr,
  });
}
