import * as fc from "fast-check";
import { expect, test } from "vitest";

import { binsNeeded, mayFit, refusalsNeeded } from "../../../provider/scheduler/solver/bounds.ts";
import { openBudget } from "../../../provider/scheduler/solver/budget.ts";
import type { Kind } from "../../../provider/scheduler/solver/completions.ts";
import { packBins } from "../../../provider/scheduler/solver/pack-bins.ts";
import { runs } from "../../support/property-runs.ts";

const descending = (values: readonly number[]): readonly number[] => values.toSorted((a, b) => b - a);

const pieces = () => fc.array(fc.integer({ min: 1, max: 24 }), { maxLength: 7 }).map(descending);
const bins = () => fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 4 }).map(descending);

const counted = (sizes: readonly number[]): Kind[] =>
  [...new Set(sizes)].map((size) => ({ size, count: sizes.filter((one) => one === size).length }));

/** Every piece into every bin. */
function fits(rest: readonly number[], rooms: readonly number[]): boolean {
  const [piece, ...others] = rest;
  if (piece === undefined) return true;
  return rooms.some(
    (room, bin) =>
      room >= piece &&
      fits(
        others,
        rooms.map((free, at) => (at === bin ? free - piece : free)),
      ),
  );
}

test("a packing is found exactly when there is one, and holds every piece once within its bin", () => {
  fc.assert(
    fc.property(pieces(), bins(), (all, rooms) => {
      const packed = packBins(all, rooms, openBudget(1_000_000));
      expect(packed.result).toBe(fits(all, rooms) ? "packed" : "impossible");
      if (packed.result !== "packed") return;
      expect(descending(packed.bins.flat())).toEqual(all);
      const full = packed.bins.filter(
        (content, bin) => content.reduce((sum, piece) => sum + piece, 0) > (rooms[bin] ?? 0),
      );
      expect(full).toEqual([]);
    }),
    { numRuns: runs(500) },
  );
});

test("the bound never asks for more bins than a packing takes", () => {
  fc.assert(
    fc.property(pieces(), bins(), bins(), (all, open, fresh) => {
      const needed = binsNeeded(all, open, fresh);
      const taken = [0, ...fresh.keys()].map((_, many) => many);
      const least = taken.find((many) => fits(all, [...open, ...fresh.slice(0, many)]));
      expect(least === undefined || needed <= least).toBe(true);
    }),
    { numRuns: runs(500) },
  );
});

test("the bound by counts of sizes says what the bound by lists says", () => {
  fc.assert(
    fc.property(pieces(), bins(), fc.nat({ max: 24 }), (all, open, gone) => {
      // A size of which nothing is left counts nothing.
      const kinds = [...counted(all), { size: gone, count: 0 }].toSorted((a, b) => b.size - a.size);
      expect(mayFit(kinds, counted(open))).toBe(binsNeeded(all, open, []) === 0);
    }),
    { numRuns: runs(1000) },
  );
});

test("the bound sees what the sum of the bytes does not: pieces above half of a bin want one each", () => {
  expect(binsNeeded([6, 6, 6], [], [10, 10, 10])).toBe(3);
  expect(binsNeeded([6, 6, 6], [], [10, 10])).toBe(Number.POSITIVE_INFINITY);
  expect(binsNeeded([6, 4], [10], [10])).toBe(0);
  expect(binsNeeded([11], [], [10])).toBe(Number.POSITIVE_INFINITY);
  expect(binsNeeded([], [], [])).toBe(0);
});

test("the bound on refused items is never above the number that must be refused", () => {
  fc.assert(
    fc.property(pieces(), bins(), (all, rooms) => {
      const needed = refusalsNeeded(
        all.map((bytes) => [{ ranks: 1, bytes }]),
        rooms,
      );
      // Of single pieces the smallest are the easiest to place.
      const least = [...all.keys(), all.length].find((many) => fits(all.slice(many), rooms)) ?? 0;
      expect(needed).toBeLessThanOrEqual(least);
    }),
    { numRuns: runs(500) },
  );
});

test("a search without nodes does not claim to know", () => {
  expect(packBins([5, 5], [5, 5], openBudget(0)).result).toBe("unknown");
});
