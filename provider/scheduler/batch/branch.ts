import { type Board, lift, settle } from "./board.ts";
import { binsNeeded, refusalsNeeded } from "./bound.ts";
import { type Budget, isSpent, spend } from "./budget.ts";
import { compareCosts, type Cost, costOf, isPlain, piecesOf, roomOf } from "./cost.ts";
import { byHardness, type Packing } from "./fill.ts";
import { gpusBeyondOne, leastGpusBeyondOne } from "./host-gang.ts";
import { claimOn, type Item, type Spot } from "./item.ts";
import { placePlain } from "./leaf.ts";
import { openMarks } from "./marks.ts";
import { spotsFor } from "./spots.ts";

export interface Branched {
  readonly packing: Packing;
  /** Nothing with these sizes is better. */
  readonly proven: boolean;
}

/**
 * Branch and bound: what is bound to some devices goes first, one after the other, to every place that is not like another
 * one; what any device will do for is then packed as a whole. The board is left as it was.
 *
 * @param start what is to be beaten
 * @param nodes for one packing of the plain items
 */
export function branch(
  board: Board,
  items: readonly Item[],
  start: Packing,
  budget: Budget,
  nodes: number,
): Branched {
  const bound = board.domainsBind ? items : items.filter((item) => !isPlain(item));
  const special = byHardness(bound);
  const plain = items.filter((item) => !bound.includes(item));
  const marks = openMarks(board, items);
  const seen = new Map<string, Cost>();
  // A node looks at every device: among many it costs more.
  const weight = board.devices.length;
  const rests = special.map((_, depth) => restOf(board, [...special.slice(depth), ...plain]));
  let best = start;
  let bestCost = costOf(board, start);
  let proven = true;
  const chosen: Spot[] = [];
  const refused: Item[] = [];

  const record = (spots: readonly Spot[], dropped: readonly Item[], cost: Cost): void => {
    best = { spots: [...chosen, ...spots], refused: [...refused, ...dropped] };
    bestCost = cost;
  };
  const leaf = (cost: Cost): void => {
    const { found, proven: settled } = placePlain(board, plain, cost, bestCost, budget, nodes);
    proven &&= settled;
    if (!found) return;
    const opened = new Set(found.spots.flatMap(({ devices }) => devices.filter((device) => isFresh(device))));
    const refusedNow = cost.refused + found.refused.length;
    record(found.spots, found.refused, {
      ...cost,
      refused: refusedNow,
      devices: cost.devices + opened.size,
    });
  };
  const isFresh = (device: number): boolean => (board.holders[device] ?? 0) === 0;

  const visit = (depth: number, cost: Cost): void => {
    if (!spend(budget, weight)) {
      proven = false;
      return;
    }
    const item = special[depth];
    if (!item) {
      leaf(cost);
      return;
    }
    const rest = rests[depth];
    if (rest && compareCosts(lowest(board, rest, cost), bestCost) >= 0) return;
    const state = `${depth} ${marks.board()}`;
    const before = seen.get(state);
    if (before && compareCosts(before, cost) <= 0) return;
    seen.set(state, cost);
    for (const size of item.sizes) {
      const { list, complete } = spotsFor(board, item, size, marks);
      proven &&= complete;
      for (const spot of list) {
        const devices = cost.devices + spot.devices.filter(isFresh).length;
        settle(board, claimOn(spot));
        chosen.push(spot);
        const extraRanks = cost.extraRanks + size.ranks - item.fewestRanks;
        const extraGpus = cost.extraGpus + gpusBeyondOne(board, spot.devices);
        visit(depth + 1, { ...cost, devices, extraRanks, extraGpus });
        chosen.pop();
        lift(board, claimOn(spot));
        if (isSpent(budget)) break;
      }
    }
    if (isSpent(budget)) {
      proven = false;
      return;
    }
    refused.push(item);
    visit(depth + 1, { ...cost, refused: cost.refused + 1 });
    refused.pop();
  };
  visit(0, { refused: 0, extraRanks: 0, devices: 0, extraGpus: 0 });
  return { packing: best, proven };
}

/** What is still to be placed. */
interface Rest {
  readonly sizes: readonly Item["sizes"][];
  readonly pieces: readonly number[];
  readonly extraGpus: number;
}

export const restOf = (board: Board, items: readonly Item[]): Rest => ({
  sizes: items.map((item) => item.sizes),
  pieces: items.flatMap(piecesOf).toSorted((a, b) => b - a),
  extraGpus: items.reduce((sum, item) => sum + leastGpusBeyondOne(board, item), 0),
});

/** No better end than this can follow. */
export function lowest(board: Board, { sizes, pieces, extraGpus }: Rest, cost: Cost): Cost {
  const { open, fresh } = roomOf(board);
  const needed = binsNeeded(pieces, open, fresh);
  if (Number.isFinite(needed)) {
    return { ...cost, devices: cost.devices + needed, extraGpus: cost.extraGpus + extraGpus };
  }
  const refused = Math.max(1, refusalsNeeded(sizes, [...open, ...fresh]));
  return { ...cost, refused: cost.refused + refused };
}
