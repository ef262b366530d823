import { type Occupancy, occupy, vacate } from "../occupancy/occupancy.ts";
import { compareScores, type Score, scoreOfDevices, scoreOnHost } from "./candidate-order.ts";
import { openFitIndex } from "./fit-index.ts";
import { pickOnHost, spansHost } from "./host-gang.ts";
import { type Assignment, claimOn, pickAmong, type Size, type Workload } from "./workload.ts";

/** Where workloads are placed, and which have no place. */
export interface Packing {
  readonly assignments: readonly Assignment[];
  readonly refused: readonly Workload[];
}

/** Chooses devices for one workload; undefined only where there are none. */
type Find = (workload: Workload, size: Size) => readonly number[] | undefined;

/** Best fit, one workload after the other in the order given, each in its fewest ranks that fit. The assignments stay occupied. */
export function fill(occupancy: Occupancy, workloads: readonly Workload[]): Packing {
  const index = openFitIndex(occupancy, workloads);
  return fillBy(occupancy, workloads, index.find, index.changed);
}

/** First fit: the first GPU in the driver's order that has the devices. The assignments stay occupied. */
export const fillFirst = (occupancy: Occupancy, workloads: readonly Workload[]): Packing =>
  fillBy(occupancy, workloads, (workload, size) => {
    for (const members of occupancy.gpus) {
      const picked = pickAmong(occupancy, members, workload, size);
      if (picked) return picked;
    }
    const { strategy } = workload.request;
    return spansHost(workload, size)
      ? pickOnHost(occupancy, workload, size, (devices) => scoreOnHost(occupancy, strategy, devices))
      : undefined;
  });

/**
 * Best fit without an index: all GPUs are compared, devices judged together with what they leave. Exact, and for a few
 * workloads faster than to put all devices in order. The assignments stay occupied.
 */
export const fillExactly = (occupancy: Occupancy, workloads: readonly Workload[]): Packing =>
  fillBy(occupancy, workloads, (workload, size) => {
    const scoreOf = (devices: readonly number[]): Score =>
      scoreOfDevices(occupancy, workload.request.strategy, devices);
    let best: { readonly devices: readonly number[]; readonly score: Score } | undefined;
    for (const members of occupancy.gpus) {
      const devices = pickAmong(occupancy, members, workload, size);
      if (!devices) continue;
      const score = scoreOf(devices);
      if (!best || compareScores(score, best.score) < 0) best = { devices, score };
    }
    if (best) return best.devices;
    return spansHost(workload, size) ? pickOnHost(occupancy, workload, size, scoreOf) : undefined;
  });

function fillBy(
  occupancy: Occupancy,
  workloads: readonly Workload[],
  find: Find,
  changed: (devices: readonly number[]) => void = () => undefined,
): Packing {
  const assignments: Assignment[] = [];
  const refused: Workload[] = [];
  for (const workload of workloads) {
    const assignment = firstThatFits(workload, find);
    if (!assignment) {
      refused.push(workload);
      continue;
    }
    occupy(occupancy, claimOn(assignment));
    changed(assignment.devices);
    assignments.push(assignment);
  }
  return { assignments, refused };
}

function firstThatFits(workload: Workload, find: Find): Assignment | undefined {
  for (const size of workload.sizes) {
    const devices = find(workload, size);
    if (devices) return { workload, size, devices };
  }
  return undefined;
}

/** Occupies the assignments of a packing. */
export function occupyAll(occupancy: Occupancy, assignments: readonly Assignment[]): void {
  for (const assignment of assignments) occupy(occupancy, claimOn(assignment));
}

export function vacateAll(occupancy: Occupancy, assignments: readonly Assignment[]): void {
  for (const assignment of assignments) vacate(occupancy, claimOn(assignment));
}

const volumeOf = ({ sizes }: Workload): number => (sizes[0] ? sizes[0].ranks * sizes[0].bytes : 0);
const widthOf = ({ sizes }: Workload): number => sizes[0]?.bytes ?? 0;

/** Sorting is stable: equal ones stay in the order of their keys. */
export const byVolume = (workloads: readonly Workload[]): readonly Workload[] =>
  workloads.toSorted((a, b) => volumeOf(b) - volumeOf(a));

/** What is hardest to place first: who is bound to some devices, gangs, and what is large on one device. */
export const byHardness = (workloads: readonly Workload[]): readonly Workload[] =>
  workloads.toSorted(
    (a, b) =>
      (a.pinned?.size ?? Number.POSITIVE_INFINITY) - (b.pinned?.size ?? Number.POSITIVE_INFINITY) ||
      Number(b.request.exclusive) - Number(a.request.exclusive) ||
      (b.sizes[0]?.ranks ?? 0) - (a.sizes[0]?.ranks ?? 0) ||
      widthOf(b) - widthOf(a),
  );

export const byWidth = (workloads: readonly Workload[]): readonly Workload[] =>
  workloads.toSorted((a, b) => widthOf(b) - widthOf(a));
