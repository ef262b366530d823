import { at, type Occupancy, occupy, vacate } from "../occupancy/occupancy.ts";
import { enumerateAssignments } from "./assignments.ts";
import { binsNeeded, refusalsNeeded } from "./bounds.ts";
import { type Budget, isSpent, spend } from "./budget.ts";
import { compareCosts, type Cost, costOf, isUnconstrained, piecesOf, roomOf } from "./cost.ts";
import { byHardness, type Packing } from "./greedy.ts";
import { gpusBeyondOne, leastGpusBeyondOne } from "./host-gang.ts";
import { packUnconstrained } from "./pack-unconstrained.ts";
import { type SymmetryClass, symmetryClassesOf } from "./symmetry.ts";
import { type Assignment, claimOn, type Workload } from "./workload.ts";

export interface Branched {
  readonly packing: Packing;
  /** Nothing with these sizes is better. */
  readonly proven: boolean;
}

/**
 * Branch and bound: workloads that need certain devices come first, one after the other, each on one representative of every
 * class of interchangeable places; the workloads that any device will do for are then packed as a whole. The occupancy is
 * left as it was.
 *
 * @param start the packing to be beaten
 * @param nodes for one packing of the unconstrained workloads
 */
export function branch(
  occupancy: Occupancy,
  workloads: readonly Workload[],
  start: Packing,
  budget: Budget,
  nodes: number,
): Branched {
  const constrained = occupancy.domainsBind
    ? workloads
    : workloads.filter((workload) => !isUnconstrained(workload));
  const ordered = byHardness(constrained);
  const unconstrained = workloads.filter((workload) => !constrained.includes(workload));
  const symmetry = symmetryClassesOf(occupancy, workloads);
  const seen = ordered.map(() => new Map<SymmetryClass, Cost>());
  // A node asks every device, so among many devices it takes more of the budget.
  const weight = occupancy.devices.length;
  const rests = ordered.map((_, depth) => restOf(occupancy, [...ordered.slice(depth), ...unconstrained]));
  let best = start;
  let bestCost = costOf(occupancy, start);
  let proven = true;
  const chosen: Assignment[] = [];
  const refused: Workload[] = [];

  const record = (assignments: readonly Assignment[], dropped: readonly Workload[], cost: Cost): void => {
    best = { assignments: [...chosen, ...assignments], refused: [...refused, ...dropped] };
    bestCost = cost;
  };
  const leaf = (cost: Cost): void => {
    const { found, proven: settled } = packUnconstrained(
      occupancy,
      unconstrained,
      cost,
      bestCost,
      budget,
      nodes,
    );
    proven &&= settled;
    if (!found) return;
    const opened = new Set(
      found.assignments.flatMap(({ devices }) => devices.filter((device) => isFresh(device))),
    );
    const refusedNow = cost.refused + found.refused.length;
    record(found.assignments, found.refused, {
      ...cost,
      refused: refusedNow,
      devices: cost.devices + opened.size,
    });
  };
  const isFresh = (device: number): boolean => at(occupancy.reservationCount, device) === 0;

  const visit = (depth: number, cost: Cost): void => {
    if (!spend(budget, weight)) {
      proven = false;
      return;
    }
    const workload = ordered[depth];
    if (!workload) {
      leaf(cost);
      return;
    }
    const rest = rests[depth];
    if (rest && compareCosts(lowest(occupancy, rest, cost), bestCost) >= 0) return;
    const state = symmetry.state();
    const before = seen[depth]?.get(state);
    if (before && compareCosts(before, cost) <= 0) return;
    seen[depth]?.set(state, cost);
    for (const size of workload.sizes) {
      const { list, complete } = enumerateAssignments(occupancy, workload, size, symmetry);
      proven &&= complete;
      for (const assignment of list) {
        const devices = cost.devices + assignment.devices.filter(isFresh).length;
        occupy(occupancy, claimOn(assignment));
        chosen.push(assignment);
        const extraRanks = cost.extraRanks + size.ranks - workload.fewestRanks;
        const extraGpus = cost.extraGpus + gpusBeyondOne(occupancy, assignment.devices);
        visit(depth + 1, { ...cost, devices, extraRanks, extraGpus });
        chosen.pop();
        vacate(occupancy, claimOn(assignment));
        if (isSpent(budget)) break;
      }
    }
    if (isSpent(budget)) {
      proven = false;
      return;
    }
    refused.push(workload);
    visit(depth + 1, { ...cost, refused: cost.refused + 1 });
    refused.pop();
  };
  visit(0, { refused: 0, extraRanks: 0, devices: 0, extraGpus: 0 });
  return { packing: best, proven };
}

/** Workloads that are still to be placed, as a bound sees them. */
interface Rest {
  readonly sizes: readonly Workload["sizes"][];
  readonly pieces: readonly number[];
  readonly extraGpus: number;
}

export const restOf = (occupancy: Occupancy, workloads: readonly Workload[]): Rest => ({
  sizes: workloads.map((workload) => workload.sizes),
  pieces: workloads.flatMap(piecesOf).toSorted((a, b) => b - a),
  extraGpus: workloads.reduce((sum, workload) => sum + leastGpusBeyondOne(occupancy, workload), 0),
});

/** No completion costs less than this. */
export function lowest(occupancy: Occupancy, { sizes, pieces, extraGpus }: Rest, cost: Cost): Cost {
  const { open, fresh } = roomOf(occupancy);
  const needed = binsNeeded(pieces, open, fresh);
  if (Number.isFinite(needed)) {
    return { ...cost, devices: cost.devices + needed, extraGpus: cost.extraGpus + extraGpus };
  }
  const refused = Math.max(1, refusalsNeeded(sizes, [...open, ...fresh]));
  return { ...cost, refused: cost.refused + refused };
}
