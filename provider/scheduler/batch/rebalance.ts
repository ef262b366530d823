import type { Board } from "./board.ts";
import { type Budget, isSpent, openBudget } from "./budget.ts";
import type { Item, Spot } from "./item.ts";
import { type Placed, placeItems } from "./place-items.ts";
import { liftAll, settleAll } from "./solve.ts";

export interface Rebalanced {
  readonly placed: Placed;
  /** What is not touched. */
  readonly stay: readonly Spot[];
  /** Moving fewer bytes leaves somebody without a place: proven. */
  readonly leastBytes: number;
}

/** More sets than this are not kept in line. */
const MOST_SETS = 20_000;

/**
 * Finds the models whose move makes room for those that have none: sets of them are tried in the order of their bytes, so the
 * first that does is the cheapest. Its members are placed anew together with the rest, and may well stay.
 *
 * Moving everybody is tried before: if that is no help, nothing is. If it is, and none of the sets that were tried is, models
 * are left where they are one after the other, the largest first, as long as all have room.
 *
 * @param kept what runs and may move; on the board, which is left as it was
 * @returns undefined when no set makes room for all, or none was found within the budget
 */
export function rebalance(
  board: Board,
  homeless: readonly Item[],
  kept: readonly Spot[],
  budget: Budget,
): Rebalanced | undefined {
  const trying = (moving: readonly Spot[], nodes: number): Placed | undefined => {
    const items = [...homeless, ...moving.map(({ item }) => item)];
    const own = openBudget(Math.max(0, Math.floor(nodes)));
    const lifted = { spots: moving, refused: [] };
    liftAll(board, lifted);
    const placed = hasRoom(board, items) ? placeItems(board, items, own) : undefined;
    settleAll(board, lifted);
    // The rules alone look at every device for every item.
    budget.spent += own.spent + (placed ? items.length * board.devices.length : 1);
    return placed;
  };
  const left = (): number => budget.limit - budget.spent;
  const answer = (placed: Placed, moving: readonly Spot[], leastBytes: number): Rebalanced => ({
    placed,
    stay: kept.filter((spot) => !moving.includes(spot)),
    leastBytes,
  });
  if (kept.length === 0 || isSpent(budget)) return undefined;
  const all = trying(kept, left() / 4);
  if (isHopeless(all)) return undefined;

  let leastBytes = 0;
  let unbroken = true;
  const forLeaving = left() / 4;
  for (const { spots, bytes } of setsByBytes(kept)) {
    if (left() <= forLeaving) break;
    // Only what was proven to be of no use raises the bound.
    if (unbroken) leastBytes = bytes;
    const placed = trying(spots, left() / 4);
    if (placed?.cost.refused === 0) return answer(placed, spots, leastBytes);
    unbroken &&= isHopeless(placed);
  }
  if (all?.cost.refused !== 0) return undefined;
  let [moving, found] = [kept, all];
  for (const spot of kept.toSorted((a, b) => bytesOf(b) - bytesOf(a))) {
    if (isSpent(budget)) break;
    const fewer = moving.filter((other) => other !== spot);
    const placed = trying(fewer, forLeaving / kept.length);
    if (placed?.cost.refused === 0) [moving, found] = [fewer, placed];
  }
  return answer(found, moving, leastBytes);
}

/** Proven: this leaves somebody without a place. */
const isHopeless = (placed: Placed | undefined): boolean =>
  placed === undefined || placed.atLeast.refused > 0;

const least = ({ sizes }: Item): number => Math.min(...sizes.map(({ ranks, bytes }) => ranks * bytes));

/** A first look: whether all bytes together would do. */
function hasRoom(board: Board, items: readonly Item[]): boolean {
  const free = board.free.reduce((sum, bytes) => sum + Math.max(0, bytes), 0);
  return items.reduce((sum, item) => sum + least(item), 0) <= free;
}

interface MovingSet {
  readonly spots: readonly Spot[];
  readonly bytes: number;
  /** Number of the largest member. */
  readonly last: number;
}

const bytesOf = ({ size }: Spot): number => size.ranks * size.bytes;

/** All sets of spots, those of fewer bytes first. */
function* setsByBytes(spots: readonly Spot[]): Generator<MovingSet> {
  const sorted = spots.toSorted((a, b) => bytesOf(a) - bytesOf(b));
  const queue: MovingSet[] = [];
  const push = (members: readonly Spot[], last: number): void => {
    const set = { spots: members, last, bytes: members.reduce((sum, spot) => sum + bytesOf(spot), 0) };
    const at = queue.findIndex((other) => other.bytes > set.bytes);
    queue.splice(at === -1 ? queue.length : at, 0, set);
  };
  const [first] = sorted;
  if (first) push([first], 0);
  for (let set = queue.shift(); set && queue.length < MOST_SETS; set = queue.shift()) {
    yield set;
    // Every set has one parent: the one with the member before in its place, or without its last one.
    const next = sorted[set.last + 1];
    if (!next) continue;
    push([...set.spots, next], set.last + 1);
    push([...set.spots.slice(0, -1), next], set.last + 1);
  }
}
