import { type Bytes, bytes, sumBytes } from "../../bytes.ts";
import type { HostObservation } from "../../detection/observation.ts";
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
  readonly free: Bytes;
}

export interface PartitioningVerdict {
  readonly valid: boolean;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** What exists now: a device that the modes promise and the kernel did not make is not in it. */
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

export function availablePartitions(observation: HostObservation): readonly AvailablePartition[] {
  const used = new Map(partitionUtilization(observation).map((one) => [one.partitionId, one]));
  const closed = new Set(
    observation.record.reservations
      .filter((one) => one.exclusive)
      .flatMap((one) => one.devices.map((claim) => claim.id)),
  );
  return currentLayout(observation).devices.flatMap((device) => {
    const free = Math.max(0, device.capacity - (used.get(device.id)?.reserved ?? 0));
    return free > 0 && !closed.has(device.id) ? [{ partitionId: device.id, device, free: bytes(free) }] : [];
  });
}

export function validatePartitioning(
  observation: HostObservation,
  desired: DesiredPartitions,
): PartitioningVerdict {
  const assignment = resolveModes({ desired, before: new Map(), declared: "anew" }, observation);
  return assignment.ok
    ? { valid: true, problems: [], warnings: assignment.warnings }
    : { valid: false, problems: assignment.problems, warnings: [] };
}
