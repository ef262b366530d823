import type { Board } from "./board.ts";
import type { Packing } from "./fill.ts";
import { gpusBeyondOne } from "./host-gang.ts";
import type { Item } from "./item.ts";

/** What is less of, in this order, is better. */
export interface Cost {
  /** Items without a place. */
  readonly refused: number;
  /** Ranks beyond the fewest each item can have. */
  readonly extraRanks: number;
  /** Devices that hold something now and held nothing before. */
  readonly devices: number;
  /** GPUs beyond one of each model. */
  readonly extraGpus: number;
}

export const compareCosts = (a: Cost, b: Cost): number =>
  a.refused - b.refused || a.extraRanks - b.extraRanks || a.devices - b.devices || a.extraGpus - b.extraGpus;

/** @param board as it is without the packing */
export function costOf(board: Board, packing: Packing): Cost {
  const opened = new Set(
    packing.spots.flatMap(({ devices }) => devices.filter((device) => (board.holders[device] ?? 0) === 0)),
  );
  return {
    refused: packing.refused.length,
    extraRanks: packing.spots.reduce((sum, { item, size }) => sum + size.ranks - item.fewestRanks, 0),
    devices: opened.size,
    extraGpus: packing.spots.reduce((sum, { devices }) => sum + gpusBeyondOne(board, devices), 0),
  };
}

/** Whether any device will do for it, whatever else happens: one rank, no pin, nobody it keeps away from. */
export const isPlain = ({ sizes, pinned, request }: Item): boolean =>
  sizes.length === 1 && sizes[0]?.ranks === 1 && !pinned && !request.exclusive && !request.antiAffinity;

/** What the item puts on devices at least, in as many pieces as it has ranks at least. */
export function piecesOf({ sizes }: Item): readonly number[] {
  const ranks = Math.min(...sizes.map((size) => size.ranks));
  const bytes = Math.min(...sizes.map((size) => size.bytes));
  return Array.from({ length: ranks }, () => bytes);
}

/** What is left in devices that already hold something, and in those that hold nothing, descending. */
export function roomOf(board: Board): {
  readonly open: readonly number[];
  readonly fresh: readonly number[];
} {
  const open: number[] = [];
  const fresh: number[] = [];
  for (const [device, free] of board.free.entries()) {
    if (free <= 0 || (board.closed[device] ?? 0) > 0) continue;
    if ((board.holders[device] ?? 0) > 0) open.push(free);
    else fresh.push(free);
  }
  return { open: open.toSorted((a, b) => b - a), fresh: fresh.toSorted((a, b) => b - a) };
}
