import type { Occupancy } from "../occupancy/occupancy.ts";
import { type Budget, isSpent, openBudget } from "./budget.ts";
import { leastBytes } from "./drop-largest.ts";
import { occupyAll, vacateAll } from "./greedy.ts";
import { type PlacedWorkloads, placeWorkloads } from "./place-workloads.ts";
import type { Assignment, Workload } from "./workload.ts";

export interface Rebalanced {
  readonly placed: PlacedWorkloads;
  /** What keeps its place. */
  readonly stay: readonly Assignment[];
  /** Moving fewer bytes leaves a model without a place: proven. */
  readonly leastBytes: number;
}

/** The search ends when more sets than this are waiting. */
const MOST_SETS = 20_000;

/**
 * Finds running models whose move makes room for all: sets of them are tried in the order of their bytes, so the first that
 * helps is the cheapest. Its members are placed again together with the unplaced workloads, and may stay where they are.
 *
 * Moving all of them is tried first: where that does not help, no set does. Where it helps, and no set that was tried does,
 * models are left where they are one after the other, the largest first, as long as all have room.
 *
 * @param kept running models that may move. They occupy their devices; the occupancy is left as it was
 * @returns undefined when no set makes room for all, or none was found within the budget
 */
export function rebalance(
  occupancy: Occupancy,
  unplaced: readonly Workload[],
  kept: readonly Assignment[],
  budget: Budget,
): Rebalanced | undefined {
  const trying = (moving: readonly Assignment[], nodes: number): PlacedWorkloads | undefined => {
    const workloads = [...unplaced, ...moving.map(({ workload }) => workload)];
    const own = openBudget(Math.max(0, Math.floor(nodes)));
    vacateAll(occupancy, moving);
    const placed = hasRoom(occupancy, workloads) ? placeWorkloads(occupancy, workloads, own) : undefined;
    occupyAll(occupancy, moving);
    // The rules alone ask every device for every workload.
    budget.spent += own.spent + (placed ? workloads.length * occupancy.devices.length : 1);
    return placed;
  };
  const left = (): number => budget.limit - budget.spent;
  const answer = (
    placed: PlacedWorkloads,
    moving: readonly Assignment[],
    leastBytes: number,
  ): Rebalanced => ({
    placed,
    stay: kept.filter((assignment) => !moving.includes(assignment)),
    leastBytes,
  });
  if (kept.length === 0 || isSpent(budget)) return undefined;
  const all = trying(kept, left() / 4);
  if (isHopeless(all)) return undefined;

  let leastBytes = 0;
  let unbroken = true;
  const forLeaving = left() / 4;
  for (const { assignments, bytes } of setsByBytes(kept)) {
    if (left() <= forLeaving) break;
    // Only a set that is proven not to help raises the bound.
    if (unbroken) leastBytes = bytes;
    const placed = trying(assignments, left() / 4);
    if (placed?.cost.refused === 0) return answer(placed, assignments, leastBytes);
    unbroken &&= isHopeless(placed);
  }
  if (all?.cost.refused !== 0) return undefined;
  let [moving, found] = [kept, all];
  for (const assignment of kept.toSorted((a, b) => bytesOf(b) - bytesOf(a))) {
    if (isSpent(budget)) break;
    const fewer = moving.filter((other) => other !== assignment);
    const placed = trying(fewer, forLeaving / kept.length);
    if (placed?.cost.refused === 0) [moving, found] = [fewer, placed];
  }
  return answer(found, moving, leastBytes);
}

/** Proven: this leaves a model without a place. */
const isHopeless = (placed: PlacedWorkloads | undefined): boolean =>
  placed === undefined || placed.atLeast.refused > 0;

/** Whether all free bytes together are enough: cheap, and asked before any packing. */
function hasRoom(occupancy: Occupancy, workloads: readonly Workload[]): boolean {
  const free = occupancy.free.reduce((sum, bytes) => sum + Math.max(0, bytes), 0);
  return workloads.reduce((sum, workload) => sum + leastBytes(workload), 0) <= free;
}

interface MovingSet {
  readonly assignments: readonly Assignment[];
  readonly bytes: number;
  /** Number of the largest member. */
  readonly last: number;
}

const bytesOf = ({ size }: Assignment): number => size.ranks * size.bytes;

/** All sets of assignments, ascending by bytes. */
function* setsByBytes(assignments: readonly Assignment[]): Generator<MovingSet> {
  const sorted = assignments.toSorted((a, b) => bytesOf(a) - bytesOf(b));
  const queue: MovingSet[] = [];
  const push = (members: readonly Assignment[], last: number): void => {
    const set = {
      assignments: members,
      last,
      bytes: members.reduce((sum, assignment) => sum + bytesOf(assignment), 0),
    };
    const at = queue.findIndex((other) => other.bytes > set.bytes);
    queue.splice(at === -1 ? queue.length : at, 0, set);
  };
  const [first] = sorted;
  if (first) push([first], 0);
  for (let set = queue.shift(); set && queue.length < MOST_SETS; set = queue.shift()) {
    yield set;
    // Every set has exactly one parent: the set whose last member is the one before, or the set without its last member.
    const next = sorted[set.last + 1];
    if (!next) continue;
    push([...set.assignments, next], set.last + 1);
    push([...set.assignments.slice(0, -1), next], set.last + 1);
  }
}
