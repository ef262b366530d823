import { isPinned } from "../gang.ts";
import type { PlacementRequest } from "../request.ts";
import { type Board, type Claim, hosted } from "./board.ts";

/** So many devices of one GPU, so many bytes on each. */
export interface Size {
  readonly ranks: number;
  readonly bytes: number;
}

/** A request as the search sees it. */
export interface Item {
  readonly request: PlacementRequest;
  /** Ascending by ranks. */
  readonly sizes: readonly Size[];
  /** Of the sizes that fit anywhere as long as nothing else of the batch is placed. */
  readonly fewestRanks: number;
  /** Devices that the pin leaves. */
  readonly pinned: ReadonlySet<number> | undefined;
}

export interface Spot {
  readonly item: Item;
  readonly size: Size;
  /** In the driver's order: rank 0 first. */
  readonly devices: readonly number[];
}

export function itemOf(board: Board, request: PlacementRequest): Item {
  const sizes = [...request.demandByTensorParallel]
    .filter(([ranks]) => request.tensorParallel === "auto" || request.tensorParallel === ranks)
    .map(([ranks, bytes]) => ({ ranks, bytes }))
    .toSorted((a, b) => a.ranks - b.ranks);
  return { request, sizes, fewestRanks: sizes[0]?.ranks ?? 0, pinned: pinnedDevices(board, request) };
}

/** The same item without the sizes that fit nowhere; undefined when none is left. */
export function withFittingSizes(item: Item, fits: (size: Size) => boolean): Item | undefined {
  const sizes = item.sizes.filter(fits);
  const [fewest] = sizes;
  return fewest && { ...item, sizes, fewestRanks: fewest.ranks };
}

export const withFewestRanks = (item: Item): Item => ({ ...item, sizes: item.sizes.slice(0, 1) });

function pinnedDevices(board: Board, { pin }: PlacementRequest): ReadonlySet<number> | undefined {
  if (pin?.gpus === undefined && pin?.partitions === undefined) return undefined;
  return new Set(board.devices.flatMap((device, number) => (isPinned(device, pin) ? [number] : [])));
}

export const claimOn = ({ item, size, devices }: Spot): Claim => ({
  devices,
  bytes: size.bytes,
  exclusive: item.request.exclusive,
  antiAffinity: item.request.antiAffinity,
});

/** Whether the device alone could take one rank. */
export function admits(board: Board, device: number, { request, pinned }: Item, bytes: number): boolean {
  if ((board.free[device] ?? 0) < bytes || (board.closed[device] ?? 0) > 0) return false;
  if (request.exclusive && (board.holders[device] ?? 0) > 0) return false;
  if (pinned && !pinned.has(device)) return false;
  if (board.domainsBind && (board.domainFree[board.domainOf[device] ?? 0] ?? 0) < bytes) return false;
  if (!request.antiAffinity) return true;
  const [hostedDevice] = hosted(board, [device]);
  return hostedDevice !== undefined && board.separation.allows(request.antiAffinity, hostedDevice);
}

/** The best devices for an item among these, which are of one GPU; undefined when there are too few. */
export function pickAmong(
  board: Board,
  members: readonly number[],
  item: Item,
  { ranks, bytes }: Size,
): readonly number[] | undefined {
  const open = members.filter((device) => admits(board, device, item, bytes));
  if (open.length < ranks) return undefined;
  const spread = item.request.strategy === "spread";
  if (!board.domainsBind && !spread) {
    return open
      .toSorted((a, b) => valueAt(board.free, a) - valueAt(board.free, b) || a - b)
      .slice(0, ranks)
      .toSorted((a, b) => a - b);
  }
  const chosen: number[] = [];
  const taken = new Map<number, number>();
  const takenIn = (device: number): number => taken.get(board.domainOf[device] ?? 0) ?? 0;
  const load = (device: number): number => domainLoad(board, board.domainOf[device] ?? 0);
  const order = spread
    ? (a: number, b: number) =>
        load(a) - load(b) ||
        takenIn(a) - takenIn(b) ||
        valueAt(board.used, a) - valueAt(board.used, b) ||
        a - b
    : (a: number, b: number) => valueAt(board.free, a) - valueAt(board.free, b) || a - b;
  while (chosen.length < ranks) {
    const [best] = open
      .filter((device) => {
        const room = valueAt(board.domainFree, board.domainOf[device] ?? 0) - takenIn(device) * bytes;
        return !chosen.includes(device) && room >= bytes;
      })
      .toSorted(order);
    if (best === undefined) return undefined;
    chosen.push(best);
    taken.set(board.domainOf[best] ?? 0, takenIn(best) + 1);
  }
  return chosen.toSorted((a, b) => a - b);
}

export const domainLoad = (board: Board, domain: number): number =>
  1 - valueAt(board.domainFree, domain) / Math.max(1, valueAt(board.domainCapacity, domain));

const valueAt = (values: Float64Array, at: number): number => values[at] ?? 0;
