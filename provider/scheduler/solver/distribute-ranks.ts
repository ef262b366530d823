import type { Strategy } from "../request.ts";

/** The most ranks that one GPU can take, and the bytes it has left. */
export interface GpuRoom {
  readonly ranks: number;
  /** Bytes left in all its devices together. */
  readonly free: number;
}

/** Ranks on one GPU, by its number. */
export interface Share {
  readonly gpu: number;
  readonly ranks: number;
}

/**
 * Distributes ranks over the fewest GPUs: those that take most ranks first, and for the last ranks the GPU that takes as few
 * more as possible. Of equal GPUs "pack" takes the fullest, "spread" the emptiest.
 *
 * @returns undefined when all GPUs together take too few ranks
 */
export function distributeRanks(
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
