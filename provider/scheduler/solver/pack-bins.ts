import { binsNeeded } from "./bounds.ts";
import { type Budget, isSpent, spend } from "./budget.ts";
import { type Completion, completions, type Kind } from "./completions.ts";

export type BinPacking =
  /** For each bin the sizes of the pieces in it. */
  | { readonly result: "packed"; readonly bins: readonly (readonly number[])[] }
  /** Proven. */
  | { readonly result: "impossible" }
  /** The budget is spent. */
  | { readonly result: "unknown" };

/** At most this many states that are known to fail are remembered. */
const MEMORY = 50_000;

/**
 * Whether the pieces fit into the bins, any piece into any bin, and how: bin completion (Korf 2002; for different capacities
 * Fukunaga and Korf 2007). The largest piece must be somewhere: every capacity is tried for it, the tightest first, and
 * every undominated way to fill that bin around it.
 *
 * @param pieces descending
 * @param bins capacities, in any order
 */
export function packBins(pieces: readonly number[], bins: readonly number[], budget: Budget): BinPacking {
  const kinds = kindsOf(pieces);
  const order = bins.map((capacity, bin) => ({ capacity, bin })).toSorted((a, b) => a.capacity - b.capacity);
  const isOpen = order.map(() => true);
  const contents: number[][] = bins.map(() => []);
  const failed = new Set<string>();
  let complete = true;

  const solve = (left: number): boolean => {
    if (left === 0) return true;
    if (!spend(budget)) {
      complete = false;
      return false;
    }
    const open = order.filter((_, number) => isOpen[number]).map(({ capacity }) => capacity);
    const rest = expand(kinds);
    if (binsNeeded(rest, open.toReversed(), []) > 0) return false;
    const waste = sum(open) - sum(rest);
    const state = `${kinds.map(({ count }) => count).join()};${open.join()}`;
    if (failed.has(state)) return false;
    const first = kinds.findIndex(({ count }) => count > 0);
    const size = kinds[first]?.size ?? 0;
    let tried = -1;
    for (const [number, { capacity, bin }] of order.entries()) {
      if (!isOpen[number] || capacity < size || capacity === tried) continue;
      tried = capacity;
      const ways = completions(kinds, first, capacity, capacity - waste, budget);
      complete &&= ways.complete;
      isOpen[number] = false;
      for (const way of ways.list) {
        take(kinds, way, -1);
        contents[bin] = sizesIn(kinds, way);
        if (solve(left - sum(way.counts))) return true;
        take(kinds, way, 1);
        contents[bin] = [];
        if (isSpent(budget)) break;
      }
      isOpen[number] = true;
    }
    if (failed.size < MEMORY && complete) failed.add(state);
    return false;
  };

  if (solve(pieces.length)) return { result: "packed", bins: contents };
  return { result: complete && !isSpent(budget) ? "impossible" : "unknown" };
}

function kindsOf(pieces: readonly number[]): Kind[] {
  const counts = new Map<number, number>();
  for (const piece of pieces) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  return [...counts].map(([size, count]) => ({ size, count })).toSorted((a, b) => b.size - a.size);
}

const expand = (kinds: readonly Kind[]): readonly number[] =>
  kinds.flatMap(({ size, count }) => Array.from({ length: count }, () => size));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const sizesIn = (kinds: readonly Kind[], way: Completion): number[] =>
  kinds.flatMap(({ size }, kind) => Array.from({ length: way.counts[kind] ?? 0 }, () => size));

function take(kinds: readonly Kind[], way: Completion, by: 1 | -1): void {
  for (const [at, kind] of kinds.entries()) kind.count += by * (way.counts[at] ?? 0);
}
