import { type Occupancy, occupy, vacate } from "../occupancy/occupancy.ts";
import type { Budget } from "./budget.ts";
import { type Cost, costOf } from "./cost.ts";
import { openFitIndex } from "./fit-index.ts";
import { byVolume, fill, occupyAll, type Packing, vacateAll } from "./greedy.ts";
import { solve } from "./solve.ts";
import { claimOn, type Workload } from "./workload.ts";

export interface PlacedWorkloads {
  readonly packing: Packing;
  readonly cost: Cost;
  readonly atLeast: Cost;
}

/**
 * Places workloads; the occupancy is left as it was. Workloads with the strategy "spread" come first, each in the emptiest
 * place; the others are packed around them, and what is proven is proven of the others. Where that leaves a workload without
 * a place, all are packed together.
 */
export function placeWorkloads(
  occupancy: Occupancy,
  workloads: readonly Workload[],
  budget: Budget,
): PlacedWorkloads {
  const wide = workloads.filter((workload) => workload.request.strategy === "spread");
  const first = fill(occupancy, byVolume(wide));
  const rest = solve(
    occupancy,
    workloads.filter((workload) => workload.request.strategy !== "spread"),
    budget,
  );
  vacateAll(occupancy, first.assignments);
  const assignments = [...first.assignments, ...rest.packing.assignments];
  const packing = { assignments, refused: [...first.refused, ...rest.packing.refused] };
  if (packing.refused.length === 0 || wide.length === 0) {
    return { packing, cost: { ...rest.cost, refused: packing.refused.length }, atLeast: rest.atLeast };
  }
  const together = solve(occupancy, workloads, budget);
  const better = together.cost.refused < packing.refused.length ? together.packing : packing;
  const settled = spreadAgain(occupancy, better);
  const cost = costOf(occupancy, settled);
  // A spread model is to open devices, so their number is no cost here, nor is the number of GPUs that follows from it.
  const { devices, extraGpus } = cost;
  return { packing: settled, cost, atLeast: { ...together.atLeast, devices, extraGpus } };
}

/** Gives every "spread" workload the emptiest place that is left now that all have one. */
function spreadAgain(occupancy: Occupancy, packing: Packing): Packing {
  occupyAll(occupancy, packing.assignments);
  const wide = packing.assignments.filter(({ workload }) => workload.request.strategy === "spread");
  const index = openFitIndex(
    occupancy,
    wide.map(({ workload }) => workload),
  );
  const assignments = packing.assignments.map((assignment) => {
    if (!wide.includes(assignment)) return assignment;
    vacate(occupancy, claimOn(assignment));
    index.changed(assignment.devices);
    const again = {
      ...assignment,
      devices: index.find(assignment.workload, assignment.size) ?? assignment.devices,
    };
    occupy(occupancy, claimOn(again));
    index.changed(again.devices);
    return again;
  });
  vacateAll(occupancy, assignments);
  return { assignments, refused: packing.refused };
}
