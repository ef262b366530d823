import type { Occupancy } from "../occupancy/occupancy.ts";
import { compareCosts, costOf } from "./cost.ts";
import { byHardness, byVolume, byWidth, fill, fillFirst, type Packing, vacateAll } from "./greedy.ts";
import { withFewestRanks, type Workload } from "./workload.ts";

const RULES = [fill, fillFirst];
const ORDERS = [byVolume, byWidth, byHardness];

/**
 * Rules for more workloads than there is room for. Best fit places the largest first and leaves out what comes last, which is
 * many small workloads; the fewest are left out where it is the largest. So the workloads that take most bytes are dropped,
 * one more after each attempt, until the rules place all others or leave out no fewer than before.
 *
 * @param least workloads that have no place in any packing
 * @param start the packing to be beaten
 */
export function dropLargest(
  occupancy: Occupancy,
  workloads: readonly Workload[],
  least: number,
  start: Packing,
): Packing {
  const largestFirst = workloads.toSorted((a, b) => leastBytes(b) - leastBytes(a));
  let best = start;
  for (let dropped = least; dropped < best.refused.length; dropped++) {
    const rest = largestFirst.slice(dropped);
    for (const sized of [rest.map(withFewestRanks), rest]) {
      for (const order of ORDERS) {
        for (const rule of RULES) {
          const { assignments, refused } = rule(occupancy, order(sized));
          vacateAll(occupancy, assignments);
          const packing = { assignments, refused: [...largestFirst.slice(0, dropped), ...refused] };
          if (compareCosts(costOf(occupancy, packing), costOf(occupancy, best)) < 0) best = packing;
        }
      }
    }
  }
  return best;
}

/** The fewest bytes that the workload takes on all its devices together. */
export const leastBytes = ({ sizes }: Workload): number =>
  Math.min(...sizes.map(({ ranks, bytes }) => ranks * bytes));
