import type { ModelShape } from "../../models/shape/shape.ts";
import { parseKey } from "../../resource-key.ts";
import type { Placement } from "../../scheduler/request.ts";
import type { ScheduleOutcome } from "../../scheduler/schedule.ts";
import type { AllocationArgs } from "../../schema/allocation.ts";
import { sameValue } from "../../wire/unknowns.ts";
import type { Operation } from "../operation/operation.ts";
import type { AllocationState, Computed } from "../state/allocation-state.ts";
import { allocationFields } from "./fields.ts";

type Found = Extract<ScheduleOutcome, { success: true }>;

/** What `check` returns of a model that has a place. */
export function computedOf(
  operation: Operation,
  outcome: Found,
  shape: ModelShape,
  args: AllocationArgs,
  before: AllocationState,
): Partial<Computed> {
  const nodes = args.gpus.find((one) => one.hostId === outcome.placement.hostId)?.deviceNodes;
  const fields = {
    ...allocationFields(outcome, shape, args.engine, nodes),
    partitionConfig: configUnder(outcome.placement, args),
  };
  return { ...fields, ...keptContainer(operation, before, fields, args) };
}

/** Name of the GpuPartitionConfig whose devices they are: several can share a host, and two hosts have the same addresses. */
function configUnder({ hostId, devices }: Placement, args: AllocationArgs): string {
  const index = args.gpus.findIndex(
    (one) => one.hostId === hostId && one.partitions.some(({ id }) => id === devices[0]?.id),
  );
  return parseKey(args.hosts[index]?.identity.key ?? "").name;
}

/**
 * While another GPU of the host changes, the device files of this model's GPUs are not all known to the configuration, and
 * yet stay what they were.
 */
function keptContainer(
  { declarations }: Operation,
  { computed: { container, partitionIds } }: AllocationState,
  fields: Partial<Computed>,
  args: AllocationArgs,
): Partial<Computed> {
  if (fields.container !== undefined || container === undefined) return {};
  if (!sameValue(partitionIds, fields.partitionIds)) return {};
  const touched = args.hosts.some((access) => {
    const declared = declarations.of(access.identity.key);
    return (
      declared?.state !== "planned" ||
      (fields.devices ?? []).some((device) => declared.plan.blastRadius.gpus.includes(device.gpu))
    );
  });
  return touched ? {} : { container };
}
