import { ArgumentError } from "../../argument-errors.ts";
import { reconcile } from "../../partitioner/change/reconcile.ts";
import { settleBootUnit } from "../../partitioner/change/settle-boot-unit.ts";
import { plan, type Plan } from "../../partitioner/plan/plan.ts";
import { policyOf } from "../../partitioner/refuse/policy.ts";
import { accessIn } from "../../schema/allocation.ts";
import { expandPlan } from "../../wire/compact.ts";
import { fresh, type Properties } from "../../wire/handler.ts";
import { sameValue } from "../../wire/unknowns.ts";
import { changeFailure } from "../failing.ts";
import type { Operation } from "../operation/operation.ts";
import { type PartitionState, readPartitionState } from "../state/partition-state.ts";
import { adoptsEntry } from "./adopt.ts";
import { isToBeDone, wantedAtBoot } from "./at-boot.ts";
import { partitionFields } from "./fields.ts";
import { partitionMessages as say } from "./messages.ts";
import { readyHost } from "./ready-host.ts";
import { parseArgs, partitionerOf, reasonOf } from "./request.ts";
import { resolutionOf, statusFields } from "./resolution.ts";

const NOTHING: Pick<Plan, "gpus"> = { gpus: [] };

/** A check that kept the plan of the last change has planned that nothing is to be done now. */
const planned = ({ computed: { status, plan: given } }: PartitionState): Pick<Plan, "gpus"> | undefined =>
  status === "Success" ? NOTHING : given && expandPlan(given);

/** Create and update are one: what counts is the host, not what is remembered of it. */
export async function createOrUpdatePartition(
  operation: Operation,
  id: string | undefined,
  olds: PartitionState,
  inputs: Properties,
): Promise<{ id: string; outs: Record<string, unknown> }> {
  const args = parseArgs(inputs);
  const { key, urn } = args.identity;
  const access = accessIn(args);
  const checked = readPartitionState(inputs);
  const progress = (line: string): void => operation.log(urn)("progress", line);
  const host = await readyHost(operation, access, progress);
  const partitioner = partitionerOf(host, args);
  const assignment = resolutionOf(args, olds, host.observation);
  if (!assignment.ok)
    throw new ArgumentError(
      assignment.problems.map(({ path, message }) => say["declaration"]({ path, problem: message }).text),
    );
  const desired = assignment.modes;
  const newId = id ?? `${host.observation.hostId}/${key}`;
  const previewed = planned(checked);
  try {
    const done = await reconcile(partitioner, {
      key,
      desired: assignment.present,
      owned: [...desired.keys()],
      reason: reasonOf(olds.computed.layout, desired),
      ...(previewed ? { previewed } : {}),
      policy: policyOf(args),
      bound: operation.bound,
      progress,
    });
    const { observation } = done;
    const wanted = wantedAtBoot(partitioner, args, desired);
    const boot = await settleBootUnit(partitioner, observation, args.identity, wanted, progress);
    await operation.hosts.refresh(access, observation);
    // Where nothing could be planned, state says what the next check will: that nothing is left to do.
    const after = { ...plan({ observation, desired: assignment.present, reason: "drift" }), revision: 1 };
    const { plan: given, observed, capability } = checked.computed;
    const fields = partitionFields(host.capability, observation, desired, given ?? after);
    const outs = fresh({
      ...args,
      ...fields,
      ...(observed && { observed }),
      ...(capability && { capability }),
      ...statusFields(observation, assignment),
      ...(boot && { atBoot: boot }),
    });
    return { id: newId, outs: { ...outs, __provider: checked.provider } };
  } catch (error) {
    throw changeFailure(error, newId, inputs, operation.declarations.isDeleted(key) ? "replaced" : "new");
  }
}

export async function updatePartition(
  operation: Operation,
  id: string,
  before: Properties,
  inputs: Properties,
): Promise<{ outs: Record<string, unknown> }> {
  const olds = readPartitionState(before);
  const checked = readPartitionState(inputs);
  const news = checked.computed;
  // Nothing to do on the host (a new connection, another timeout): it is not even contacted.
  const nothingToDo =
    news.status === "Success" &&
    !isToBeDone(news.atBoot) &&
    !adoptsEntry(olds, checked) &&
    sameValue(olds.computed.layout, news.layout) &&
    olds.computed.plan?.revision === news.plan?.revision;
  if (nothingToDo) return { outs: fresh(inputs) };
  return { outs: (await createOrUpdatePartition(operation, id, olds, inputs)).outs };
}
