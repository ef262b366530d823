import type { DiffOutcome } from "../../wire/handler.ts";
import { COMPUTED_KEYS } from "../../wire/partition-outputs.ts";
import { sameValue } from "../../wire/unknowns.ts";
import type { Computed, PartitionState } from "../state/partition-state.ts";
import { adoptsEntry } from "./adopt.ts";
import { isToBeDone } from "./at-boot.ts";

/** What makes another set of devices, or another host, and so a replacement. */
const REPLACING = ["layout", "hostId"] as const satisfies readonly (keyof Computed)[];

/**
 * A different layout, or a different host, is a replacement with the delete first: the engine then removes what runs on the
 * old devices before the modes change. Everything else is an update; one that touches no mode does not even contact the
 * host. A repaired drift is an update too: the layout that was declared, and handed on, is the same as before.
 */
export function partitionDiff(before: PartitionState, after: PartitionState): DiffOutcome {
  const [olds, news] = [before.computed, after.computed];
  const replaces = REPLACING.filter(
    (key) => olds[key] !== undefined && news[key] !== undefined && !sameValue(olds[key], news[key]),
  );
  if (replaces.length > 0) return { changes: true, replaces: [...replaces], deleteBeforeReplace: true };
  const changes =
    isToBeDone(news.atBoot) ||
    adoptsEntry(before, after) ||
    // What a refresh has recorded is a change, for that refresh too.
    (olds.status === "Drifted" && news.status !== "Drifted") ||
    COMPUTED_KEYS.some(
      (key) => isCompared(key, after) && !sameValue(factsOf(olds, key), factsOf(news, key)),
    ) ||
    !sameValue(before.declared, after.declared);
  return { changes };
}

/**
 * What a plan leaves open is no difference by itself. The engine also calls `diff` in a refresh, with the inputs of the last update,
 * which lack what that update made known; that something is to be done is said by a new `plan.revision`.
 */
const isCompared = (key: keyof Computed, { computed }: PartitionState): boolean =>
  (key !== "deviceNodes" && key !== "status") || computed[key] !== undefined;

/** The sentence of a capability can be worded otherwise by another release; what it was made of is in `versions` and the layout. */
const factsOf = (computed: Partial<Computed>, key: keyof Computed): unknown =>
  key === "capability" ? computed.capability?.level : computed[key];
