import type { HostObservation } from "../../detection/observation.ts";
import type { Partitioner, Progress } from "../partitioner.ts";
import { absentIn, modesBefore } from "../plan/host-modes.ts";
import { plan } from "../plan/plan.ts";
import { type Step } from "../plan/step.ts";
import { verify } from "./verify.ts";

/** What a failed change has left behind. */
export interface Rollback {
  readonly state: "rolled-back" | "left";
  /** For the error: what the host is now, and who does what about it. */
  readonly sentence: string;
}

/**
 * Memory first, then compute, back to what was found.
 *
 * @param accepted the steps of the change that the host took.
 */
export async function rollBack(
  partitioner: Partitioner,
  before: HostObservation,
  accepted: readonly Step[],
  progress: Progress,
): Promise<Rollback> {
  const back = modesBefore(before);
  try {
    const steps = plan({
      observation: await withAllGpus(partitioner, [...back.keys()], progress),
      desired: back,
      reason: "restore",
    }).steps;
    progress(`failed; rolling back in ${steps.length} steps`);
    for (const step of steps) await partitioner.apply(step, progress);
    verify(await partitioner.observe(), back);
    const staged = stagedMode([...accepted, ...steps]);
    return {
      state: "rolled-back",
      sentence: staged
        ? `The host is unchanged, but memory mode ${staged} is staged: the next load of the driver applies it.`
        : "The host was rolled back to its previous modes.",
    };
  } catch (second) {
    return {
      state: "left",
      sentence: `The rollback failed too: ${(second as Error).message}. The journal stays on the host; the next update completes the change or rolls it back.`,
    };
  }
}

/** A driver that did not come back has no modes to set: it is loaded again first. */
async function withAllGpus(
  partitioner: Partitioner,
  gpus: readonly string[],
  progress: Progress,
): Promise<HostObservation> {
  const now = await partitioner.observe();
  if (absentIn(now, gpus).length === 0) return now;
  progress("failed; loading the driver again");
  await partitioner.apply({ action: "reloadDriver", gpus }, progress);
  return partitioner.observe();
}

/** A memory mode that the host has accepted and no load of the driver has applied since. It cannot be taken back. */
function stagedMode(steps: readonly Step[]): string | undefined {
  const set = steps.findLastIndex((step) => step.action === "setMemoryMode");
  const load = steps.findLastIndex((step) => step.action === "reloadDriver");
  const step = steps[set];
  return set > load && step?.action === "setMemoryMode" ? step.memory : undefined;
}
