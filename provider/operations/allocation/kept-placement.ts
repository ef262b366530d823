import { bytes } from "../../bytes.ts";
import type { Held } from "../../scheduler/demand.ts";
import type { Reservation } from "../../scheduler/occupancy/pool.ts";
import type { Placement } from "../../scheduler/request.ts";
import type { AllocationArgs } from "../../schema/allocation.ts";
import type { Identity } from "../../schema/partition.ts";
import { only } from "../../wire/handler.ts";
import { sameValue } from "../../wire/unknowns.ts";
import type { AllocationState, Computed } from "../state/allocation-state.ts";

/** What was computed before, while the same is declared. */
export const keptPlacement = (
  before: AllocationState,
  after: Pick<AllocationState, "declared">,
): Partial<Computed> | undefined =>
  sameValue(before.declared, after.declared) && before.computed.devices !== undefined
    ? before.computed
    : undefined;

/** The reservation of a placement that is kept. */
export function keptReservation(
  { key }: Identity,
  { hostId, partitionIds, memory }: Partial<Computed>,
  { exclusive, model, precision }: AllocationArgs,
): Reservation | undefined {
  if (hostId === undefined || !partitionIds?.length || memory === undefined) return undefined;
  return {
    key,
    hostId,
    deviceIds: partitionIds,
    bytesPerDevice: bytes(memory.perDeviceBytes),
    exclusive,
    model: `${typeof model === "string" ? model : model.name} (${precision})`,
  };
}

/** What a kept placement holds on each of its devices. */
export const heldBy = ({ partitionIds, memory }: Partial<Computed> = {}): Held | undefined =>
  partitionIds?.length && memory
    ? { tensorParallel: partitionIds.length, bytesPerDevice: bytes(memory.perDeviceBytes) }
    : undefined;

/**
 * An estimate that was made stays while the same is declared and the model stays: a release that estimates otherwise changes no
 * model that runs.
 */
export const keptEstimate = (kept: Partial<Computed> | undefined, placement: Placement): Partial<Computed> =>
  kept !== undefined &&
  kept.hostId === placement.hostId &&
  sameValue(
    kept.partitionIds,
    placement.devices.map(({ id }) => id),
  )
    ? only(kept, ["engineArgs", "memory", "explanation"])
    : {};

interface OnGpus {
  readonly hostId?: string | undefined;
  readonly devices?: readonly { readonly gpu: string }[] | undefined;
}

/**
 * What is kept of `gpus`: the modes of the GPUs the model is on. All devices of all GPUs would fill the state, and would
 * change with every change of a GPU that is none of this model's business.
 */
export const ownGpus = (args: AllocationArgs, { hostId: ownHost, devices = [] }: OnGpus) =>
  args.gpus.map(({ hostId, layout }) => ({
    hostId,
    layout: only(layout, hostId === ownHost ? devices.map((device) => device.gpu) : []),
  }));
