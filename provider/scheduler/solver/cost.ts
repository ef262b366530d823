import type { Occupancy } from "../occupancy/occupancy.ts";
import type { Packing } from "./greedy.ts";
import { gpusBeyondOne } from "./host-gang.ts";
import type { Workload } from "./workload.ts";

/** Minimised, in this order. */
export interface Cost {
  /** Workloads without a place. */
  readonly refused: number;
  /** Ranks beyond the fewest each workload can have. */
  readonly extraRanks: number;
  /** Devices that hold something now and held nothing before. */
  readonly devices: number;
  /** GPUs beyond one of each model. */
  readonly extraGpus: number;
}

export const compareCosts = (a: Cost, b: Cost): number =>
  a.refused - b.refused || a.extraRanks - b.extraRanks || a.devices - b.devices || a.extraGpus - b.extraGpus;

/** @param occupancy as it is without the packing */
export function costOf(occupancy: Occupancy, packing: Packing): Cost {
  const opened = new Set(
    packing.assignments.flatMap(({ devices }) =>
      devices.filter((device) => (occupancy.reservationCount[device] ?? 0) === 0),
    ),
  );
  return {
    refused: packing.refused.length,
    extraRanks: packing.assignments.reduce(
      (sum, { workload, size }) => sum + size.ranks - workload.fewestRanks,
      0,
    ),
    devices: opened.size,
    extraGpus: packing.assignments.reduce((sum, { devices }) => sum + gpusBeyondOne(occupancy, devices), 0),
  };
}

/** Whether any device with enough bytes will do for it: one rank, no pin, not exclusive, no anti-affinity. */
export const isUnconstrained = ({ sizes, pinned, request }: Workload): boolean =>
  sizes.length === 1 && sizes[0]?.ranks === 1 && !pinned && !request.exclusive && !request.antiAffinity;

/** The least that a workload takes: its fewest ranks, each with the fewest bytes of any of its sizes. */
export function piecesOf({ sizes }: Workload): readonly number[] {
  const ranks = Math.min(...sizes.map((size) => size.ranks));
  const bytes = Math.min(...sizes.map((size) => size.bytes));
  return Array.from({ length: ranks }, () => bytes);
}

/** Bytes left in devices that hold something, and in devices that hold nothing, descending. */
export function roomOf(occupancy: Occupancy): {
  readonly open: readonly number[];
  readonly fresh: readonly number[];
} {
  const open: number[] = [];
  const fresh: number[] = [];
  for (const [device, free] of occupancy.free.entries()) {
    if (free <= 0 || (occupancy.closed[device] ?? 0) > 0) continue;
    if ((occupancy.reservationCount[device] ?? 0) > 0) open.push(free);
    else fresh.push(free);
  }
  return { open: open.toSorted((a, b) => b - a), fresh: fresh.toSorted((a, b) => b - a) };
}
