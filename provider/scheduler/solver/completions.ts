import { type Budget, spend } from "./budget.ts";

/** Pieces of equal size. */
export interface Kind {
  readonly size: number;
  count: number;
}

/** How many pieces of each kind go into one bin. */
export interface Completion {
  readonly counts: readonly number[];
  readonly sum: number;
}

/** More ways to complete one bin than anyone can try; what is left out costs the proof, not the answer. */
const MOST = 2000;

export interface Completions {
  /** The fullest first. */
  readonly list: readonly Completion[];
  readonly complete: boolean;
}

/**
 * Ways to fill a bin around one piece of the kind `first`, without those that another way dominates: whose bin has room for
 * one more piece, or for a larger one in the place of one or two of its own. Wherever the larger piece is, these can take
 * its place there, so a packing that needs the dominated way exists only if one with the other does (Martello and Toth,
 * section 8.4).
 *
 * @param kinds descending by size; not changed
 * @param least what the bin has to take, or the other bins could not hold the rest
 */
export function completions(
  kinds: readonly Kind[],
  first: number,
  capacity: number,
  least: number,
  budget: Budget,
): Completions {
  const counts = kinds.map(() => 0);
  counts[first] = 1;
  const list: Completion[] = [];
  let complete = true;
  const rest = restsOf(kinds, first);
  const sizeAt = (kind: number): number => kinds[kind]?.size ?? 0;
  const left = (kind: number): number => (kinds[kind]?.count ?? 0) - (counts[kind] ?? 0);

  const visit = (kind: number, sum: number): void => {
    if (sum + (rest[kind] ?? 0) < least) return;
    if (list.length >= MOST || !spend(budget)) {
      complete = false;
      return;
    }
    if (kind === kinds.length) {
      if (!isDominated(kinds, counts, first, sum, capacity)) list.push({ counts: [...counts], sum });
      return;
    }
    const size = sizeAt(kind);
    const most = Math.min(left(kind), Math.floor((capacity - sum) / size));
    for (let take = most; take >= 0; take--) {
      counts[kind] = (counts[kind] ?? 0) + take;
      visit(kind + 1, sum + take * size);
      counts[kind] = (counts[kind] ?? 0) - take;
    }
  };
  visit(first, sizeAt(first));
  return { list: list.toSorted((a, b) => b.sum - a.sum), complete };
}

/** Bytes of all pieces of a kind and the smaller ones, without the one the bin is built around. */
function restsOf(kinds: readonly Kind[], first: number): readonly number[] {
  const rests = [0];
  for (let kind = kinds.length - 1; kind >= 0; kind--) {
    const { size, count } = kinds[kind] ?? { size: 0, count: 0 };
    rests.unshift((rests[0] ?? 0) + size * (kind === first ? count - 1 : count));
  }
  return rests;
}

function isDominated(
  kinds: readonly Kind[],
  counts: readonly number[],
  first: number,
  sum: number,
  capacity: number,
): boolean {
  const room = capacity - sum;
  // The piece that the bin is built around stays: all larger ones are gone, or of another bin.
  const inside = kinds.flatMap((kind, at) => {
    const count = (counts[at] ?? 0) - Number(at === first);
    return count > 0 ? [{ size: kind.size, count }] : [];
  });
  return kinds.some((kind, at) => {
    if (at < first || kind.count - (counts[at] ?? 0) <= 0) return false;
    const { size } = kind;
    if (size <= room) return true;
    return inside.some(
      (own, number) =>
        (own.size < size && size - own.size <= room) ||
        inside.some(
          (other, second) =>
            second >= number &&
            (second > number || own.count > 1) &&
            own.size + other.size <= size &&
            size - own.size - other.size <= room,
        ),
    );
  });
}
