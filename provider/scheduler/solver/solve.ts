import type { Occupancy } from "../occupancy/occupancy.ts";
import { refusalsNeeded } from "./bounds.ts";
import { branch, lowest, restOf } from "./branch-and-bound.ts";
import { type Budget, isSpent, openBudget } from "./budget.ts";
import { compareCosts, type Cost, costOf, roomOf } from "./cost.ts";
import { dropLargest } from "./drop-largest.ts";
import { openFitIndex } from "./fit-index.ts";
import { byHardness, byVolume, byWidth, fill, fillFirst, type Packing, vacateAll } from "./greedy.ts";
import { withFewestRanks, withFittingSizes, type Workload } from "./workload.ts";

export interface Solution {
  readonly packing: Packing;
  readonly cost: Cost;
  /** Nothing can cost less: proven. Equal to `cost` when that is the best there is. */
  readonly atLeast: Cost;
}

/** More workloads than this are placed by rules only, and compared with the bound. */
const MOST_BRANCHED = 400;
/** First fit asks every device for every workload; it is left out where that is more often than this. */
const MOST_QUESTIONS = 2_000_000;
/** Nodes for one packing of unconstrained workloads: few at first, so that a single hard packing does not use up the budget. */
const NODES = [4000, 40_000, Number.POSITIVE_INFINITY];

/** Share of the budget that a batch with too little room is searched with before the largest of it are dropped by rule. */
const SHORT_SEARCH = 0.1;

/** The best packing of these workloads, or the best that was found with a bound. The occupancy is left as it was. */
export function solve(occupancy: Occupancy, requested: readonly Workload[], budget: Budget): Solution {
  const index = openFitIndex(occupancy, requested);
  const possible = requested.map((workload) =>
    withFittingSizes(workload, (size) => index.find(workload, size) !== undefined),
  );
  const workloads = possible.filter((workload) => workload !== undefined);
  const hopeless = requested.filter((_, number) => possible[number] === undefined);
  const narrow = workloads.map(withFewestRanks);

  let atLeast = lowestCost(occupancy, narrow, workloads);
  let best = firstOf(occupancy, narrow, workloads, atLeast);
  const isBest = (): boolean => compareCosts(costOf(occupancy, best), atLeast) <= 0;
  /** Searches with these sizes. Returns whether no packing with them is better: proven. */
  const search = (sized: readonly Workload[], within: Budget): boolean => {
    for (const nodes of NODES) {
      const result = branch(occupancy, sized, best, within, nodes);
      best = result.packing;
      if (result.proven || isSpent(within)) return result.proven;
      if (isBest()) return true;
    }
    return false;
  };
  /** Returns whether no packing is better: proven. */
  const searchAllSizes = (within: Budget): boolean => {
    const proven = search(narrow, within);
    const { refused, extraRanks } = costOf(occupancy, best);
    // Where all are placed in their fewest ranks, no other sizes can be better.
    const settled =
      (refused === 0 && extraRanks === 0) || workloads.every((workload) => workload.sizes.length === 1);
    return settled ? proven : search(workloads, within);
  };
  if (workloads.length <= MOST_BRANCHED && occupancy.devices.length <= MOST_BRANCHED * 10 && !isBest()) {
    let proven = false;
    if (best.refused.length > atLeast.refused) {
      const short = openBudget((budget.limit - budget.spent) * SHORT_SEARCH);
      proven = searchAllSizes(short);
      budget.spent += short.spent;
      if (!proven) best = dropLargest(occupancy, workloads, atLeast.refused, best);
    }
    if (proven || (!isBest() && searchAllSizes(budget))) atLeast = costOf(occupancy, best);
  }
  const packing = { assignments: best.assignments, refused: [...hopeless, ...best.refused] };
  return {
    packing,
    cost: costOf(occupancy, packing),
    atLeast: { ...atLeast, refused: atLeast.refused + hopeless.length },
  };
}

/** The best packing of the rules, which are tried until a packing meets the bound. */
function firstOf(
  occupancy: Occupancy,
  narrow: readonly Workload[],
  workloads: readonly Workload[],
  atLeast: Cost,
): Packing {
  let best: Packing = { assignments: [], refused: workloads };
  for (const sized of [narrow, workloads]) {
    for (const order of [byVolume, byWidth, byHardness]) {
      for (const rule of sized.length * occupancy.devices.length > MOST_QUESTIONS
        ? [fill]
        : [fill, fillFirst]) {
        const packing = rule(occupancy, order(sized));
        vacateAll(occupancy, packing.assignments);
        if (compareCosts(costOf(occupancy, packing), costOf(occupancy, best)) < 0) best = packing;
        if (isGoodEnough(costOf(occupancy, best), atLeast, workloads.length)) return best;
      }
    }
  }
  return best;
}

/** The packing meets the bound; with thousands of models, which are not searched, within a hundredth of the devices. */
function isGoodEnough(cost: Cost, atLeast: Cost, workloads: number): boolean {
  const slack = workloads > MOST_BRANCHED ? Math.floor(atLeast.devices / 100) : 0;
  return compareCosts({ ...cost, devices: cost.devices - slack }, atLeast) <= 0;
}

function lowestCost(occupancy: Occupancy, narrow: readonly Workload[], workloads: readonly Workload[]): Cost {
  const nothing: Cost = { refused: 0, extraRanks: 0, devices: 0, extraGpus: 0 };
  const fewest = lowest(occupancy, restOf(occupancy, narrow), nothing);
  if (fewest.refused === 0) return fewest;
  const rest = restOf(occupancy, workloads);
  const { open, fresh } = roomOf(occupancy);
  // `lowest` takes the fewest pieces and the fewest bytes of each workload, which no single size may have both.
  const any = lowest(occupancy, rest, nothing).refused;
  const refused = Math.max(any, refusalsNeeded(rest.sizes, [...open, ...fresh]));
  return { ...nothing, refused, extraRanks: refused === 0 ? 1 : 0 };
}
