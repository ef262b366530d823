import { type Board, lift, settle } from "./board.ts";
import { pickOnHost, spansHost } from "./host-gang.ts";
import { claimOn, type Item, pickAmong, type Spot } from "./item.ts";
import { openRooms, type Rooms } from "./rooms.ts";

/** Where items went, and which found no room. */
export interface Packing {
  readonly spots: readonly Spot[];
  readonly refused: readonly Item[];
}

/** Best fit, one item after the other in the order given, each in its fewest ranks that fit. The board is left filled. */
export function fill(board: Board, items: readonly Item[]): Packing {
  const rooms = openRooms(board, items);
  return fillBy(board, items, rooms);
}

/** First fit: the first GPU in the driver's order that has the devices. The board is left filled. */
export const fillFirst = (board: Board, items: readonly Item[]): Packing =>
  fillBy(board, items, {
    find: (item, size) => {
      for (const members of board.gpus) {
        const picked = pickAmong(board, members, item, size);
        if (picked) return picked;
      }
      return spansHost(item, size) ? pickOnHost(board, item, size) : undefined;
    },
    changed: () => undefined,
  });

function fillBy(board: Board, items: readonly Item[], rooms: Rooms): Packing {
  const spots: Spot[] = [];
  const refused: Item[] = [];
  for (const item of items) {
    const spot = spotOf(item, rooms);
    if (!spot) {
      refused.push(item);
      continue;
    }
    settle(board, claimOn(spot));
    rooms.changed(spot.devices);
    spots.push(spot);
  }
  return { spots, refused };
}

function spotOf(item: Item, rooms: Rooms): Spot | undefined {
  for (const size of item.sizes) {
    const devices = rooms.find(item, size);
    if (devices) return { item, size, devices };
  }
  return undefined;
}

/** What `work` says of the board, which is left as it was. */
export function trying(board: Board, work: () => Packing): Packing {
  const packing = work();
  for (const spot of packing.spots) lift(board, claimOn(spot));
  return packing;
}

const volumeOf = ({ sizes }: Item): number => (sizes[0] ? sizes[0].ranks * sizes[0].bytes : 0);
const widthOf = ({ sizes }: Item): number => sizes[0]?.bytes ?? 0;

/** Sorting is stable: equal ones stay in the order of their keys. */
export const byVolume = (items: readonly Item[]): readonly Item[] =>
  items.toSorted((a, b) => volumeOf(b) - volumeOf(a));

/** What is hardest to place first: who is bound to some devices, gangs, and what is large on one device. */
export const byHardness = (items: readonly Item[]): readonly Item[] =>
  items.toSorted(
    (a, b) =>
      (a.pinned?.size ?? Number.POSITIVE_INFINITY) - (b.pinned?.size ?? Number.POSITIVE_INFINITY) ||
      Number(b.request.exclusive) - Number(a.request.exclusive) ||
      (b.sizes[0]?.ranks ?? 0) - (a.sizes[0]?.ranks ?? 0) ||
      widthOf(b) - widthOf(a),
  );

export const byWidth = (items: readonly Item[]): readonly Item[] =>
  items.toSorted((a, b) => widthOf(b) - widthOf(a));
