import { mayFit } from "./bounds.ts";
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
/** A node weighs every size; where there are more sizes than this it takes more of the budget. */
const SIZES_OF_A_NODE = 16;
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
  const classes = classesOf(bins);
  const widest = classes.toReversed();
  const contents: number[][] = bins.map(() => []);
  const failed = new Set<string>();
  const weight = Math.ceil((kinds.length + classes.length) / SIZES_OF_A_NODE);
  let complete = true;

  /** @param waste room that the open bins have beyond what is left */
  const solve = (left: number, waste: number): boolean => {
    if (left === 0) return true;
    if (!spend(budget, weight)) {
      complete = false;
      return false;
    }
    if (!mayFit(kinds, widest)) return false;
    const state = `${kinds.map(countOf).join()};${classes.map(countOf).join()}`;
    if (failed.has(state)) return false;
    const first = kinds.findIndex(({ count }) => count > 0);
    const size = kinds[first]?.size ?? 0;
    for (const open of classes) {
      const bin = open.bins[open.count - 1];
      if (bin === undefined || open.size < size) continue;
      const ways = completions(kinds, first, open.size, open.size - waste, budget);
      complete &&= ways.complete;
      open.count--;
      for (const way of ways.list) {
        take(kinds, way, -1);
        contents[bin] = sizesIn(kinds, way);
        if (solve(left - sum(way.counts), waste - (open.size - way.sum))) return true;
        take(kinds, way, 1);
        contents[bin] = [];
        if (isSpent(budget)) break;
      }
      open.count++;
    }
    if (failed.size < MEMORY && complete) failed.add(state);
    return false;
  };

  if (solve(pieces.length, sum(bins) - sum(pieces))) return { result: "packed", bins: contents };
  return { result: complete && !isSpent(budget) ? "impossible" : "unknown" };
}

const kindsOf = (pieces: readonly number[]): Kind[] =>
  sameSizes(pieces)
    .map(({ size, at }) => ({ size, count: at.length }))
    .toSorted((a, b) => b.size - a.size);

/** Bins of equal capacity, of which the first `count` are open: those of one class are the same to any piece. */
interface BinClass extends Kind {
  readonly bins: readonly number[];
}

/** The tightest first. */
const classesOf = (capacities: readonly number[]): readonly BinClass[] =>
  sameSizes(capacities)
    .map(({ size, at }) => ({ size, bins: at, count: at.length }))
    .toSorted((a, b) => a.size - b.size);

/** Each size that occurs, with its positions. */
function sameSizes(sizes: readonly number[]): readonly { readonly size: number; readonly at: number[] }[] {
  const positions = new Map<number, number[]>();
  for (const [position, size] of sizes.entries()) {
    const at = positions.get(size);
    if (at) at.push(position);
    else positions.set(size, [position]);
  }
  return [...positions].map(([size, at]) => ({ size, at }));
}

const countOf = ({ count }: Kind): number => count;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const sizesIn = (kinds: readonly Kind[], way: Completion): number[] =>
  kinds.flatMap(({ size }, kind) => Array.from({ length: way.counts[kind] ?? 0 }, () => size));

function take(kinds: readonly Kind[], way: Completion, by: 1 | -1): void {
  for (const [at, kind] of kinds.entries()) kind.count += by * (way.counts[at] ?? 0);
}
