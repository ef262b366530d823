import { type Bytes, bytes, sumBytes } from "../../bytes.ts";
import type { HostObservation } from "../../detection/observation.ts";
import { fromRecord } from "../../host-record/reservations.ts";
import { poolOf } from "../../scheduler/occupancy/pool.ts";
import { deviceUtilization } from "../../scheduler/occupancy/utilization.ts";
import type { Layout, LogicalDevice } from "../../topology/layout.ts";
import type { DesiredPartitions, Problem } from "./desired.ts";
import { observedModes } from "./host-modes.ts";
import { layoutOf } from "./layout-of.ts";
import { resolveModes } from "./resolve.ts";

/** Questions that any partitioner answers from one observation. */

export interface PartitionUtilization {
  readonly partitionId: string;
  readonly capacity: Bytes;
  readonly reserved: Bytes;
  /** 0 to 1. */
  readonly utilization: number;
  readonly models: readonly string[];
}

export interface AvailablePartition {
  readonly partitionId: string;
  readonly device: LogicalDevice;
  /** Bytes left for models: capacity without the kernel's reserve and without what is reserved. */
  readonly free: Bytes;
}

export interface PartitioningVerdict {
  readonly valid: boolean;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** What exists now: a device that the modes imply and the kernel did not make is not in it. */
export function currentLayout(observation: HostObservation): Layout {
  const layout = layoutOf(observation, observedModes(observation));
  const position = new Map(observation.devices.map((device, index) => [device.id, index]));
  const devices = layout.devices
    .flatMap((device) => {
      const index = position.get(device.id);
      return index === undefined ? [] : [{ ...device, index }];
    })
    .toSorted((a, b) => a.index - b.index);
  return { ...layout, devices };
}

export function partitionUtilization(observation: HostObservation): readonly PartitionUtilization[] {
  return currentLayout(observation).devices.map((device) => {
    const here = observation.record.reservations.flatMap((reservation) =>
      reservation.devices
        .filter((claim) => claim.id === device.id)
        .map((claim) => ({ model: reservation.model, bytes: bytes(claim.bytes) })),
    );
    const reserved = sumBytes(here.map((claim) => claim.bytes));
    return {
      partitionId: device.id,
      capacity: device.capacity,
      reserved,
      utilization: device.capacity === 0 ? 0 : reserved / device.capacity,
      models: here.map((claim) => claim.model),
    };
  });
}

/** Devices that can take another model, with the bytes that a scheduler could give it: without the kernel's reserve. */
export function availablePartitions(observation: HostObservation): readonly AvailablePartition[] {
  const { hostId, record } = observation;
  const layout = currentLayout(observation);
  const reservations = record.reservations.map((reservation) => fromRecord(reservation, hostId));
  const utilizations = deviceUtilization(poolOf([{ hostId, layout }]), reservations);
  const byId = new Map(utilizations.map((device) => [device.partitionId, device]));
  return layout.devices.flatMap((device) => {
    const { free = bytes(0), exclusive = false } = byId.get(device.id) ?? {};
    return free > 0 && !exclusive ? [{ partitionId: device.id, device, free }] : [];
  });
}

export function validatePartitioning(
  observation: HostObservation,
  desired: DesiredPartitions,
): PartitioningVerdict {
  const assignment = resolveModes({ desired, before: new Map(), declared: "changed" }, observation);
  return assignment.ok
    ? { valid: true, problems: [], warnings: assignment.warnings }
    : { valid: false, problems: assignment.problems, warnings: [] };
}
