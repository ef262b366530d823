import type { Kind } from "./completions.ts";

/**
 * The number of `fresh` bins that the `pieces` need at least, however they are put together; Infinity when
 * all of them are not enough.
 *
 * Martello and Toth's bound L2 ("Knapsack Problems", 1990, section 8.3.2), written with its dual feasible function so that
 * it counts bins of different capacities, those that are partly filled among them. For a threshold t at most half of the
 * largest capacity C: a piece above C - t counts as C, one below t as 0, any other as itself. A bin of capacity c can then
 * hold at most C, if c is above C - t, nothing, if c is below t, and c otherwise.
 *
 * @param pieces descending
 * @param open capacities left in bins that cost nothing, descending
 * @param fresh capacities, descending
 */
export function binsNeeded(
  pieces: readonly number[],
  open: readonly number[],
  fresh: readonly number[],
): number {
  const [largest] = pieces;
  if (largest === undefined) return 0;
  const capacity = Math.max(open[0] ?? 0, fresh[0] ?? 0);
  if (largest > capacity) return Number.POSITIVE_INFINITY;
  const sums = { pieces: sumsOf(pieces), open: sumsOf(open), fresh: sumsOf(fresh) };
  /** Weight of the first `many` values. */
  const weigh = (values: readonly number[], sums: readonly number[], threshold: number, many: number) => {
    const whole = Math.min(many, countFrom(values, capacity - threshold, "above"));
    const counted = Math.min(many, countFrom(values, threshold, "from"));
    return whole * capacity + Math.max(0, (sums[counted] ?? 0) - (sums[whole] ?? 0));
  };
  let most = 0;
  const small = pieces.slice(countFrom(pieces, capacity / 2, "above"));
  for (const threshold of new Set([0, capacity / 2, ...small])) {
    const need =
      weigh(pieces, sums.pieces, threshold, pieces.length) - weigh(open, sums.open, threshold, open.length);
    if (need <= 0) continue;
    const bins = firstFrom(most, fresh.length, (many) => weigh(fresh, sums.fresh, threshold, many) >= need);
    if (bins > fresh.length) return Number.POSITIVE_INFINITY;
    most = Math.max(most, bins);
  }
  return most;
}

/**
 * Whether the same bound leaves the pieces a chance in these bins. A search asks at every node, so it is given how many there are of
 * each size instead of all, and weighs each size once for all thresholds.
 *
 * @param pieces descending
 * @param bins descending
 */
export function mayFit(pieces: readonly Kind[], bins: readonly Kind[]): boolean {
  const capacity = bins.find(({ count }) => count > 0)?.size ?? 0;
  if ((pieces.find(({ count }) => count > 0)?.size ?? 0) > capacity) return false;
  const weights = { pieces: risingWeights(pieces, capacity), bins: risingWeights(bins, capacity) };
  const hasRoom = (threshold: number): boolean => weights.pieces(threshold) <= weights.bins(threshold);
  if (!hasRoom(0)) return false;
  for (let kind = pieces.length - 1; kind >= 0; kind--) {
    const { size, count } = pieces[kind] ?? { size: 0, count: 0 };
    if (size > capacity / 2) break;
    if (count > 0 && !hasRoom(size)) return false;
  }
  return hasRoom(capacity / 2);
}

/**
 * Weight of all these under a threshold, which may only rise from one call to the next.
 *
 * @param kinds descending
 */
function risingWeights(kinds: readonly Kind[], capacity: number): (threshold: number) => number {
  let [from, to] = [0, kinds.length];
  let [whole, bytes] = [0, 0];
  for (const { size, count } of kinds) bytes += count * size;
  return (threshold) => {
    for (
      let next = kinds[from];
      next && from < to && next.size > capacity - threshold;
      next = kinds[++from]
    ) {
      whole += next.count;
      bytes -= next.count * next.size;
    }
    for (let last = kinds[to - 1]; last && from < to && last.size < threshold; last = kinds[--to - 1])
      bytes -= last.count * last.size;
    return whole * capacity + bytes;
  };
}

/**
 * The number of items that stay without a place at least, by the same weights: of what all bins hold under a threshold,
 * the lightest items are counted first.
 *
 * @param items the sizes each item can have: a number of pieces, and their bytes
 * @param bins capacities
 */
export function refusalsNeeded(
  items: readonly (readonly { readonly ranks: number; readonly bytes: number }[])[],
  bins: readonly number[],
): number {
  const capacity = Math.max(0, ...bins);
  const weigh = (value: number, threshold: number): number => {
    if (value > capacity - threshold) return capacity;
    return value < threshold ? 0 : value;
  };
  const small = items.flat().map(({ bytes }) => bytes);
  const thresholds = new Set([0, capacity / 2, ...small.filter((bytes) => bytes <= capacity / 2)]);
  let most = 0;
  for (const threshold of thresholds) {
    const room = bins.reduce((sum, bin) => sum + weigh(bin, threshold), 0);
    const weights = items.map((sizes) =>
      Math.min(...sizes.map(({ ranks, bytes }) => ranks * weigh(bytes, threshold))),
    );
    let left = weights.reduce((sum, weight) => sum + weight, 0);
    let refused = 0;
    for (const weight of weights.toSorted((a, b) => b - a)) {
      if (left <= room) break;
      left -= weight;
      refused++;
    }
    most = Math.max(most, refused);
  }
  return most;
}

function sumsOf(values: readonly number[]): readonly number[] {
  let sum = 0;
  return [0, ...values.map((value) => (sum += value))];
}

/** How many of the descending values are above (or at least) the limit. */
function countFrom(values: readonly number[], limit: number, kind: "above" | "from"): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const value = values[middle] ?? 0;
    if (kind === "above" ? value > limit : value >= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first number from `low` on for which `holds`; `high` + 1 when it holds for none. */
function firstFrom(low: number, high: number, holds: (number: number) => boolean): number {
  let [least, most] = [low, high + 1];
  while (least < most) {
    const middle = (least + most) >>> 1;
    if (holds(middle)) most = middle;
    else least = middle + 1;
  }
  return least;
}
