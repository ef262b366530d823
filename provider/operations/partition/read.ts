import { accessIn } from "../../schema/allocation.ts";
import { parseLayout } from "../../topology/modes.ts";
import { fresh, type Handler, only, type Properties } from "../../wire/handler.ts";
import { sameValue } from "../../wire/unknowns.ts";
import { hostInState } from "../host-in-state.ts";
import { viewOf } from "../host-view.ts";
import type { Operation } from "../operation/operation.ts";
import { readPartitionState } from "../state/partition-state.ts";
import { hasModes, isInSync, partitionFields, settledFields } from "./fields.ts";
import { isAsImported } from "./imported.ts";
import { parseArgs } from "./request.ts";

/**
 * What refresh records: a host in sync, or the modes it drifted to. `layout` stays what was declared, because that is
 * what the models on it were given and what the next update gives back.
 */
export async function readPartition(
  operation: Operation,
  id: string,
  props: Properties,
): ReturnType<Handler["read"]> {
  const args = parseArgs(props);
  const { computed } = readPartitionState(props);
  const { capability, observation, partitioner } = viewOf(
    args.identity,
    (await hostInState(operation, accessIn(args), computed.hostId)).host,
  );
  const desired = parseLayout(computed.layout ?? {});
  const { key } = args.identity;
  const inSync =
    (isAsImported(readPartitionState(props)) && hasModes(observation, desired, key)) ||
    isInSync(observation, { declared: desired, present: desired }, key, partitioner);
  const fields = partitionFields(capability, observation, desired, computed.plan ?? NO_PLAN);
  const found = inSync
    ? {
        ...only(fresh(fields), ["hostId", "capability", "accelerator", "versions"]),
        ...settledFields(observation, desired),
      }
    : { observed: fields.observed, status: "Drifted" };
  // What state says in other words, as an earlier version wrote it, stays as it is there: it is no drift.
  const changed = Object.fromEntries(
    Object.entries(found).filter(([key, value]) => !sameValue(computed[key as keyof typeof computed], value)),
  );
  const now = { ...fresh(props), ...fresh(changed) };
  // The inputs of a host in sync stay what they are; those of a drifted one make the next plan a difference.
  return inSync ? { id, props: now } : { id, props: now, inputs: { ...now } };
}

/** Of a state whose change never came to an end: `plan` is not shown. */
const NO_PLAN = {
  reason: "",
  gpus: [],
  steps: [],
  blastRadius: { driverReload: false, gpus: [], summary: "" },
};
