import { type Board, lift, settle } from "./board.ts";
import { refusalsNeeded } from "./bound.ts";
import { branch, lowest, restOf } from "./branch.ts";
import { type Budget, isSpent } from "./budget.ts";
import { compareCosts, type Cost, costOf, roomOf } from "./cost.ts";
import { byHardness, byVolume, byWidth, fill, fillFirst, type Packing, trying } from "./fill.ts";
import { claimOn, type Item, withFewestRanks, withFittingSizes } from "./item.ts";
import { openRooms } from "./rooms.ts";

export interface Solution {
  readonly packing: Packing;
  readonly cost: Cost;
  /** Nothing can cost less: proven. Equal to `cost` when that is the best there is. */
  readonly atLeast: Cost;
}

/** More than this is placed by rule and held against the bound. */
const MOST_BRANCHED = 400;
/** First fit looks at all devices for each item. */
const MOST_LOOKS = 2_000_000;
/** For one packing of plain items: little at first, so that one hard one does not take what would solve many. */
const NODES = [4000, 40_000, Number.POSITIVE_INFINITY];

/** The best packing of these items on the board, or the best that was found and how far it may be from it. */
export function solve(board: Board, requested: readonly Item[], budget: Budget): Solution {
  const rooms = openRooms(board, requested);
  const possible = requested.map((item) =>
    withFittingSizes(item, (size) => rooms.find(item, size) !== undefined),
  );
  const items = possible.filter((item) => item !== undefined);
  const hopeless = requested.filter((_, number) => possible[number] === undefined);
  const narrow = items.map(withFewestRanks);

  let atLeast = lowestCost(board, narrow, items);
  let best = firstOf(board, narrow, items, atLeast);
  const exact = items.length <= MOST_BRANCHED && board.devices.length <= MOST_BRANCHED * 10;
  /** Searches with these sizes; whether there is nothing better with them. */
  const search = (sized: readonly Item[]): boolean => {
    for (const nodes of NODES) {
      const result = branch(board, sized, best, budget, nodes);
      best = result.packing;
      if (result.proven || isSpent(budget)) return result.proven;
      if (compareCosts(costOf(board, best), atLeast) <= 0) return true;
    }
    return false;
  };
  if (exact && compareCosts(costOf(board, best), atLeast) > 0) {
    const proven = search(narrow);
    const { refused, extraRanks } = costOf(board, best);
    // With the fewest ranks of each all are placed: no other sizes can be better.
    const settled = (refused === 0 && extraRanks === 0) || items.every((item) => item.sizes.length === 1);
    if (settled ? proven : search(items)) atLeast = costOf(board, best);
  }
  const packing = { spots: best.spots, refused: [...hopeless, ...best.refused] };
  return {
    packing,
    cost: costOf(board, packing),
    atLeast: { ...atLeast, refused: atLeast.refused + hopeless.length },
  };
}

/** The best that simple rules find; none is tried any more once one is as good as can be. */
function firstOf(board: Board, narrow: readonly Item[], items: readonly Item[], atLeast: Cost): Packing {
  let best: Packing = { spots: [], refused: items };
  for (const sized of [narrow, items]) {
    for (const order of [byVolume, byWidth, byHardness]) {
      for (const rule of sized.length * board.devices.length > MOST_LOOKS ? [fill] : [fill, fillFirst]) {
        const packing = trying(board, () => rule(board, order(sized)));
        if (compareCosts(costOf(board, packing), costOf(board, best)) < 0) best = packing;
        if (isGoodEnough(costOf(board, best), atLeast, items.length)) return best;
      }
    }
  }
  return best;
}

/** As good as can be; of thousands of models, which no search goes through, within a hundredth of that. */
function isGoodEnough(cost: Cost, atLeast: Cost, items: number): boolean {
  const slack = items > MOST_BRANCHED ? Math.floor(atLeast.devices / 100) : 0;
  return compareCosts({ ...cost, devices: cost.devices - slack }, atLeast) <= 0;
}

function lowestCost(board: Board, narrow: readonly Item[], items: readonly Item[]): Cost {
  const nothing: Cost = { refused: 0, extraRanks: 0, devices: 0, extraGpus: 0 };
  const fewest = lowest(board, restOf(board, narrow), nothing);
  if (fewest.refused === 0) return fewest;
  const rest = restOf(board, items);
  const { open, fresh } = roomOf(board);
  // Bins are counted for the fewest pieces and the fewest bytes of each, which no size may have both.
  const any = lowest(board, rest, nothing).refused;
  const refused = Math.max(any, refusalsNeeded(rest.sizes, [...open, ...fresh]));
  return { ...nothing, refused, extraRanks: refused === 0 ? 1 : 0 };
}

/** Puts a packing on the board. */
export function settleAll(board: Board, { spots }: Packing): void {
  for (const spot of spots) settle(board, claimOn(spot));
}

export function liftAll(board: Board, { spots }: Packing): void {
  for (const spot of spots) lift(board, claimOn(spot));
}
