import { RefusedError } from "../../change-errors.ts";
import type { Partitioner } from "../partitioner.ts";
import { plan } from "../plan/plan.ts";
import { refuseMessages } from "../refuse/messages.ts";
import { absentGpus } from "../refuse/unfinished.ts";
import { assertPlanUnchanged } from "./assert-plan-unchanged.ts";
import type { Reconciled, ReconcileRequest } from "./request.ts";

/**
 * A host whose modes cannot be changed from here: what is declared must be what it has. Neither locked nor written to, since that may
 * take a right that the user does not have, and nobody can undo what nobody does. @throws RefusedError
 */
export async function takeAsItIs(
  partitioner: Partitioner,
  request: ReconcileRequest,
  reason: string,
): Promise<Reconciled> {
  const observation = await partitioner.observe();
  const planned = plan({ observation, desired: request.desired, reason: request.reason });
  assertPlanUnchanged(partitioner.target, request.previewed, planned);
  const reasons = [
    ...absentGpus(observation, request.desired),
    ...(planned.steps.length > 0 ? [refuseMessages["modes-unchangeable"]({ reason })] : []),
  ];
  if (reasons.length > 0) throw new RefusedError(partitioner.target, reasons);
  return { plan: planned, observation };
}
