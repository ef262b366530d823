import { type Board, lift, settle } from "./board.ts";
import type { Budget } from "./budget.ts";
import { type Cost, costOf } from "./cost.ts";
import { byVolume, fill, type Packing } from "./fill.ts";
import { claimOn, type Item } from "./item.ts";
import { openRooms } from "./rooms.ts";
import { liftAll, settleAll, solve } from "./solve.ts";

export interface Placed {
  readonly packing: Packing;
  readonly cost: Cost;
  readonly atLeast: Cost;
}

/**
 * Places items on the board, which is left as it was. Those that want to be spread come first, each in the emptiest place;
 * the others are packed around them, and what is proven is proven of these. Only if that leaves somebody without a place
 * are all packed together.
 */
export function placeItems(board: Board, items: readonly Item[], budget: Budget): Placed {
  const wide = items.filter((item) => item.request.strategy === "spread");
  const first = fill(board, byVolume(wide));
  const rest = solve(
    board,
    items.filter((item) => item.request.strategy !== "spread"),
    budget,
  );
  liftAll(board, first);
  const spots = [...first.spots, ...rest.packing.spots];
  const packing = { spots, refused: [...first.refused, ...rest.packing.refused] };
  if (packing.refused.length === 0 || wide.length === 0) {
    return { packing, cost: { ...rest.cost, refused: packing.refused.length }, atLeast: rest.atLeast };
  }
  const together = solve(board, items, budget);
  const better = together.cost.refused < packing.refused.length ? together.packing : packing;
  const settled = spreadAgain(board, better);
  const cost = costOf(board, settled);
  // Devices are what spreading is about: their number is no measure of it, and neither is what follows from it.
  const { devices, extraGpus } = cost;
  return { packing: settled, cost, atLeast: { ...together.atLeast, devices, extraGpus } };
}

/** Lets those that want to be spread choose once more, now that all have a place. */
function spreadAgain(board: Board, packing: Packing): Packing {
  settleAll(board, packing);
  const wide = packing.spots.filter(({ item }) => item.request.strategy === "spread");
  const rooms = openRooms(
    board,
    wide.map(({ item }) => item),
  );
  const spots = packing.spots.map((spot) => {
    if (!wide.includes(spot)) return spot;
    lift(board, claimOn(spot));
    rooms.changed(spot.devices);
    const again = { ...spot, devices: rooms.find(spot.item, spot.size) ?? spot.devices };
    settle(board, claimOn(again));
    rooms.changed(again.devices);
    return again;
  });
  const all = { spots, refused: packing.refused };
  liftAll(board, all);
  return all;
}
