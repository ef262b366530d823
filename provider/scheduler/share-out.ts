import type { Strategy } from "./request.ts";

/** How many ranks one GPU could take, and how full it is. */
export interface GpuRoom {
  readonly ranks: number;
  /** Bytes left in all its devices together. */
  readonly free: number;
}

/** So many ranks on the GPU of this number. */
export interface Share {
  readonly gpu: number;
  readonly ranks: number;
}

/**
 * Deals ranks to as few GPUs as it takes: the roomiest first, and for what is left the one that it fills best. Of GPUs with
 * equal room "pack" takes the fullest, "spread" the emptiest.
 *
 * @returns undefined when all GPUs together have too little room
 */
export function shareOut(
  rooms: readonly GpuRoom[],
  ranks: number,
  strategy: Strategy,
): readonly Share[] | undefined {
  const numbered = rooms.map((room, gpu) => ({ ...room, gpu })).filter((room) => room.ranks > 0);
  const fuller = (a: GpuRoom, b: GpuRoom): number =>
    strategy === "pack" ? a.free - b.free : b.free - a.free;
  const roomiest = numbered.toSorted((a, b) => b.ranks - a.ranks || fuller(a, b) || a.gpu - b.gpu);
  const shares: Share[] = [];
  let left = ranks;
  for (const room of roomiest) {
    if (room.ranks >= left) {
      const rest = roomiest.slice(shares.length).filter((other) => other.ranks >= left);
      const [last] = rest.toSorted((a, b) => a.ranks - b.ranks || fuller(a, b) || a.gpu - b.gpu);
      return [...shares, { gpu: last?.gpu ?? room.gpu, ranks: left }].toSorted((a, b) => a.gpu - b.gpu);
    }
    shares.push({ gpu: room.gpu, ranks: room.ranks });
    left -= room.ranks;
  }
  return undefined;
}
