/** Values in order, with changes that cost about the logarithm of their number. */
export interface SortedList<T> {
  add(value: T): void;
  /** The value itself or one that compares as equal; nothing when there is none. */
  remove(value: T): void;
  /** The first value that does not come `before` what is wanted and is accepted. */
  find(before: (value: T) => boolean, accept: (value: T) => boolean): T | undefined;
}

/** A block is split when it is this long: moving this many values costs less than a deeper search. */
const BLOCK = 256;

/** @param compare a total order: 0 only for interchangeable values. */
export function sortedList<T>(values: readonly T[], compare: (a: T, b: T) => number): SortedList<T> {
  const blocks: T[][] = [];
  const sorted = values.toSorted(compare);
  for (let at = 0; at < sorted.length; at += BLOCK / 2) blocks.push(sorted.slice(at, at + BLOCK / 2));

  const blockOf = (before: (value: T) => boolean): number =>
    firstNot(blocks.length, (number) => {
      const last = blocks[number]?.at(-1);
      return last !== undefined && before(last);
    });
  const placeIn = (block: readonly T[], before: (value: T) => boolean): number =>
    firstNot(block.length, (number) => before(block[number] as T));

  return {
    add: (value) => {
      const before = (other: T): boolean => compare(other, value) < 0;
      const number = Math.min(blockOf(before), Math.max(0, blocks.length - 1));
      const block = blocks[number];
      if (!block) {
        blocks.push([value]);
        return;
      }
      block.splice(placeIn(block, before), 0, value);
      if (block.length > BLOCK) blocks.splice(number, 1, block.slice(0, BLOCK / 2), block.slice(BLOCK / 2));
    },
    remove: (value) => {
      const before = (other: T): boolean => compare(other, value) < 0;
      const number = blockOf(before);
      const block = blocks[number];
      if (!block) return;
      const at = placeIn(block, before);
      const found = block[at];
      if (found === undefined || compare(found, value) !== 0) return;
      block.splice(at, 1);
      if (block.length === 0) blocks.splice(number, 1);
    },
    find: (before, accept) => {
      let number = blockOf(before);
      let at = placeIn(blocks[number] ?? [], before);
      for (let block = blocks[number]; block; block = blocks[++number], at = 0) {
        for (; at < block.length; at++) {
          const value = block[at] as T;
          if (accept(value)) return value;
        }
      }
      return undefined;
    },
  };
}

/** The first number for which `holds` is false; it is true for all before and false for all after. */
function firstNot(count: number, holds: (number: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
