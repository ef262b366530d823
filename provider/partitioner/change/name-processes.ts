import { textOf } from "../../message.ts";
import { type Partitioner, StepFailedError } from "../partitioner.ts";
import type { Plan } from "../plan/plan.ts";
import { busyWith } from "../refuse/in-use.ts";

/**
 * A step that the host refused as busy, with the processes that use its GPUs at that moment: the driver names none, and before the
 * step there were none. Any other failure as it is.
 */
export async function withProcesses(
  partitioner: Partitioner,
  planned: Plan,
  failure: unknown,
): Promise<unknown> {
  if (!(failure instanceof StepFailedError) || failure.failure !== "busy") return failure;
  // The host may not answer either; the refusal itself is what counts.
  const observation = await partitioner.observe().catch(() => undefined);
  const processes = observation ? busyWith(observation, planned) : [];
  if (processes.length === 0) return failure;
  return new StepFailedError(failure.target, failure.step, `${failure.what}. ${capital(textOf(processes))}`, {
    cause: failure,
    failure: "busy",
    processes,
  });
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
