import { at, type Occupancy } from "../occupancy/occupancy.ts";
import { binsNeeded } from "./bounds.ts";
import { type Budget, isSpent, openBudget } from "./budget.ts";
import { compareCosts, type Cost, roomOf } from "./cost.ts";
import type { Packing } from "./greedy.ts";
import { packBins } from "./pack-bins.ts";
import type { Assignment, Workload } from "./workload.ts";

export interface UnconstrainedResult {
  /** A packing that costs less than `best`. */
  readonly found: Packing | undefined;
  /** No packing costs less than `found`, or than `best` where nothing was found. */
  readonly proven: boolean;
}

/**
 * Packs workloads that any device will do for, beside what the occupancy holds: the fewest refused, then the fewest devices
 * opened. The largest are refused first, because where a larger workload has a place a smaller one fits too.
 *
 * @param workloads unconstrained
 * @param base cost of what is placed already
 * @param best cost to be beaten
 */
export function packUnconstrained(
  occupancy: Occupancy,
  workloads: readonly Workload[],
  base: Cost,
  best: Cost,
  budget: Budget,
  nodes: number,
): UnconstrainedResult {
  const sorted = workloads.toSorted((a, b) => bytesOf(b) - bytesOf(a));
  const { open, fresh } = roomOf(occupancy);
  for (let dropped = 0; dropped <= sorted.length; dropped++) {
    const cost = { ...base, refused: base.refused + dropped };
    const rest = sorted.slice(dropped);
    const pieces = rest.map(bytesOf);
    for (let bins = binsNeeded(pieces, open, fresh); bins <= fresh.length; bins++) {
      if (compareCosts({ ...cost, devices: base.devices + bins }, best) >= 0)
        return { found: undefined, proven: true };
      const own = openBudget(Math.min(nodes, budget.limit - budget.spent));
      const packed = packBins(pieces, [...open, ...fresh.slice(0, bins)], own);
      budget.spent += own.spent;
      if (packed.result === "unknown") return { found: undefined, proven: false };
      if (packed.result === "packed") {
        const assignments = onDevices(occupancy, rest, packed.bins, open.length);
        return { found: { assignments, refused: sorted.slice(0, dropped) }, proven: true };
      }
      if (isSpent(budget)) return { found: undefined, proven: false };
    }
    if (compareCosts({ ...cost, refused: cost.refused + 1, devices: base.devices }, best) >= 0) break;
  }
  return { found: undefined, proven: true };
}

/** Assigns the contents of bins to devices: the fullest first, each to the tightest device, preferably of a GPU in use. */
function onDevices(
  occupancy: Occupancy,
  workloads: readonly Workload[],
  bins: readonly (readonly number[])[],
  open: number,
): readonly Assignment[] {
  const bySize = new Map<number, Workload[]>();
  for (const workload of workloads.toReversed()) {
    const same = bySize.get(bytesOf(workload));
    if (same) same.push(workload);
    else bySize.set(bytesOf(workload), [workload]);
  }
  const isFree = (device: number): boolean =>
    at(occupancy.free, device) > 0 && at(occupancy.closed, device) === 0;
  const numbers = occupancy.devices.map((_, device) => device).filter(isFree);
  const held = numbers.filter((device) => at(occupancy.reservationCount, device) > 0);
  const empty = new Set(numbers.filter((device) => at(occupancy.reservationCount, device) === 0));
  const byRoom = held.toSorted((a, b) => at(occupancy.free, b) - at(occupancy.free, a) || a - b);
  const gpuRoom = new Map(occupancy.gpus.map((_, gpu) => [gpu, at(occupancy.gpuFree, gpu)]));
  const roomAround = (device: number): number => gpuRoom.get(at(occupancy.gpuOf, device)) ?? 0;
  const assignments: Assignment[] = [];
  const put = (device: number, sizes: readonly number[]): void => {
    for (const bytes of sizes) {
      const workload = bySize.get(bytes)?.pop();
      if (workload) assignments.push({ workload, size: { ranks: 1, bytes }, devices: [device] });
    }
    const gpu = at(occupancy.gpuOf, device);
    gpuRoom.set(gpu, (gpuRoom.get(gpu) ?? 0) - sum(sizes));
  };
  for (const [number, device] of byRoom.entries()) put(device, bins[number] ?? []);
  const contents = bins.slice(open).filter((sizes) => sizes.length > 0);
  for (const sizes of contents.toSorted((a, b) => sum(b) - sum(a))) {
    const [tightest] = [...empty]
      .filter((device) => at(occupancy.free, device) >= sum(sizes))
      .toSorted(
        (a, b) => at(occupancy.free, a) - at(occupancy.free, b) || roomAround(a) - roomAround(b) || a - b,
      );
    if (tightest === undefined) continue;
    empty.delete(tightest);
    put(tightest, sizes);
  }
  return assignments;
}

const bytesOf = ({ sizes }: Workload): number => sizes[0]?.bytes ?? 0;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
