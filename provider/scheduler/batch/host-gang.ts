import { shareOut } from "../share-out.ts";
import type { Board } from "./board.ts";
import { admits, type Item, pickAmong, type Size } from "./item.ts";

/** Whether the item may be on several GPUs of a host in this size. */
export const spansHost = ({ request }: Item, { ranks }: Size): boolean =>
  request.span === "host" && ranks > 1;

/** GPUs that the ranks are on, without the first: what a gang pays for being apart. */
export const gpusBeyondOne = (board: Board, devices: readonly number[]): number =>
  devices.length < 2 ? 0 : new Set(devices.map((device) => board.gpuOf[device])).size - 1;

/** Nobody of so many ranks is on fewer GPUs. */
export function leastGpusBeyondOne(board: Board, { request, sizes }: Item): number {
  if (request.span !== "host") return 0;
  return Math.max(0, Math.ceil((sizes[0]?.ranks ?? 0) / board.largestGpu) - 1);
}

/** Devices of several GPUs of one host, on the fewest GPUs of those that are alike: of all hosts the best by the strategy. */
export function pickOnHost(board: Board, item: Item, size: Size): readonly number[] | undefined {
  let best: { readonly gpus: number; readonly free: number; readonly devices: readonly number[] } | undefined;
  for (const gpus of board.alike) {
    const devices = pickOnGpus(board, gpus, item, size);
    if (!devices) continue;
    const touched = [...new Set(devices.map((device) => board.gpuOf[device] ?? 0))];
    const left = touched.reduce((sum, gpu) => sum + (board.gpuFree[gpu] ?? 0), 0);
    const free = item.request.strategy === "pack" ? left : -left;
    if (!best || touched.length < best.gpus || (touched.length === best.gpus && free < best.free)) {
      best = { gpus: touched.length, free, devices };
    }
  }
  return best?.devices;
}

function pickOnGpus(
  board: Board,
  gpus: readonly number[],
  item: Item,
  size: Size,
): readonly number[] | undefined {
  const rooms = gpus.map((gpu) => ({
    ranks: ranksOn(board, board.gpus[gpu] ?? [], item, size.bytes),
    free: board.gpuFree[gpu] ?? 0,
  }));
  const shares = shareOut(rooms, size.ranks, item.request.strategy);
  return shares?.flatMap(
    ({ gpu, ranks }) => pickAmong(board, board.gpus[gpus[gpu] ?? 0] ?? [], item, { ...size, ranks }) ?? [],
  );
}

/** So many ranks at most: a device takes one, a memory domain what it has room for. */
export function ranksOn(board: Board, members: readonly number[], item: Item, bytes: number): number {
  const open = members.filter((device) => admits(board, device, item, bytes));
  if (!board.domainsBind) return open.length;
  const byDomain = new Map<number, number>();
  for (const device of open) {
    const domain = board.domainOf[device] ?? 0;
    byDomain.set(domain, (byDomain.get(domain) ?? 0) + 1);
  }
  return [...byDomain].reduce(
    (sum, [domain, count]) => sum + Math.min(count, Math.floor((board.domainFree[domain] ?? 0) / bytes)),
    0,
  );
}
