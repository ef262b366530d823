import type { Board } from "./board.ts";
import { binsNeeded } from "./bound.ts";
import { type Budget, isSpent, openBudget } from "./budget.ts";
import { compareCosts, type Cost, roomOf } from "./cost.ts";
import type { Item, Spot } from "./item.ts";
import { packBins } from "./pack-bins.ts";

export interface Leaf {
  readonly spots: readonly Spot[];
  readonly refused: readonly Item[];
}

export interface LeafResult {
  /** Better than what was to be beaten. */
  readonly found: Leaf | undefined;
  /** There is nothing better than what was found, or than what was to be beaten. */
  readonly proven: boolean;
}

/**
 * Places what any device will do for, beside what the board holds: the fewest refused, then the fewest devices opened.
 *
 * Of plain items the largest are refused first: where a larger one is placed, a smaller one fits.
 *
 * @param items plain ones
 * @param so what is spent already
 * @param best to be beaten
 */
export function placePlain(
  board: Board,
  items: readonly Item[],
  so: Cost,
  best: Cost,
  budget: Budget,
  nodes: number,
): LeafResult {
  const sorted = items.toSorted((a, b) => bytesOf(b) - bytesOf(a));
  const { open, fresh } = roomOf(board);
  for (let dropped = 0; dropped <= sorted.length; dropped++) {
    const cost = { ...so, refused: so.refused + dropped };
    const rest = sorted.slice(dropped);
    const pieces = rest.map(bytesOf);
    for (let bins = binsNeeded(pieces, open, fresh); bins <= fresh.length; bins++) {
      if (compareCosts({ ...cost, devices: so.devices + bins }, best) >= 0)
        return { found: undefined, proven: true };
      const own = openBudget(Math.min(nodes, budget.limit - budget.spent));
      const packed = packBins(pieces, [...open, ...fresh.slice(0, bins)], own);
      budget.spent += own.spent;
      if (packed.result === "unknown") return { found: undefined, proven: false };
      if (packed.result === "packed") {
        const spots = onDevices(board, rest, packed.bins, open.length);
        return { found: { spots, refused: sorted.slice(0, dropped) }, proven: true };
      }
      if (isSpent(budget)) return { found: undefined, proven: false };
    }
    if (compareCosts({ ...cost, refused: cost.refused + 1, devices: so.devices }, best) >= 0) break;
  }
  return { found: undefined, proven: true };
}

/** Gives contents of bins to devices: the fullest content first, each on the tightest device, on a GPU in use if it can. */
function onDevices(
  board: Board,
  items: readonly Item[],
  bins: readonly (readonly number[])[],
  open: number,
): readonly Spot[] {
  const bySize = new Map<number, Item[]>();
  for (const item of items.toReversed()) {
    const same = bySize.get(bytesOf(item));
    if (same) same.push(item);
    else bySize.set(bytesOf(item), [item]);
  }
  const isFree = (device: number): boolean =>
    (board.free[device] ?? 0) > 0 && (board.closed[device] ?? 0) === 0;
  const numbers = board.devices.map((_, device) => device).filter(isFree);
  const held = numbers.filter((device) => (board.holders[device] ?? 0) > 0);
  const empty = new Set(numbers.filter((device) => (board.holders[device] ?? 0) === 0));
  const byRoom = held.toSorted((a, b) => (board.free[b] ?? 0) - (board.free[a] ?? 0) || a - b);
  const gpuRoom = new Map(board.gpus.map((_, gpu) => [gpu, board.gpuFree[gpu] ?? 0]));
  const roomAround = (device: number): number => gpuRoom.get(board.gpuOf[device] ?? 0) ?? 0;
  const spots: Spot[] = [];
  const put = (device: number, sizes: readonly number[]): void => {
    for (const bytes of sizes) {
      const item = bySize.get(bytes)?.pop();
      if (item) spots.push({ item, size: { ranks: 1, bytes }, devices: [device] });
    }
    const gpu = board.gpuOf[device] ?? 0;
    gpuRoom.set(gpu, (gpuRoom.get(gpu) ?? 0) - sum(sizes));
  };
  for (const [number, device] of byRoom.entries()) put(device, bins[number] ?? []);
  const contents = bins.slice(open).filter((sizes) => sizes.length > 0);
  for (const sizes of contents.toSorted((a, b) => sum(b) - sum(a))) {
    const [tightest] = [...empty]
      .filter((device) => (board.free[device] ?? 0) >= sum(sizes))
      .toSorted(
        (a, b) => (board.free[a] ?? 0) - (board.free[b] ?? 0) || roomAround(a) - roomAround(b) || a - b,
      );
    if (tightest === undefined) continue;
    empty.delete(tightest);
    put(tightest, sizes);
  }
  return spots;
}

const bytesOf = ({ sizes }: Item): number => sizes[0]?.bytes ?? 0;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
