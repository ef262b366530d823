import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { allocate as allocateAll } from "../../../provider/models/memory/caching-allocator.ts";

const MEBI = 1024 ** 2;

const allocate = (sizes: readonly number[]) => allocateAll([{ times: 1, sizes }]);

describe("an allocation", () => {
  test.each<[what: string, sizes: readonly number[], allocated: number, reserved: number]>([
    ["a matrix of whole 2 MiB takes nothing more", [48], 48, 48],
    ["a rest of up to 1 MiB stays with its matrix", [35], 36, 36],
    ["a larger rest is free for another", [24.5], 24.5, 26],
    ["which takes it when it fits", [24.5, 1.25], 26, 26],
    ["matrices below 10 MiB share a segment of 20 MiB", [4.5, 4.5, 4.5], 13.5, 20],
    ["and begin another where none fits", [9, 9, 9], 27, 40],
    ["small tensors share a segment of 2 MiB", [0.5, 0.5, 0.5], 1.5, 2],
    ["and never take the rest of a large one", [24.5, 1], 25.5, 28],
  ])("%s", (_, sizes, allocated, reserved) => {
    expect(allocate(sizes.map((size) => size * MEBI))).toEqual({
      allocated: allocated * MEBI,
      reserved: reserved * MEBI,
    });
  });

  test("of the smallest rest that is large enough leaves the larger one", () => {
    // Rests of 1.75 and of 1.25 MiB; the second is what 1.2 MiB take.
    const before = allocate([24.25 * MEBI, 24.75 * MEBI, 1.2 * MEBI]);
    const after = allocate([24.25 * MEBI, 24.75 * MEBI, 1.2 * MEBI, 1.7 * MEBI]);
    expect(after.reserved).toBe(before.reserved);
  });
});

const size = fc.integer({ min: 1, max: 64 * MEBI });

test("each tensor takes at least its bytes, and each segment at least its tensors", () => {
  fc.assert(
    fc.property(fc.array(size, { maxLength: 200 }), (sizes) => {
      const { allocated, reserved } = allocate(sizes);
      const tensors = sizes.reduce((sum, one) => sum + one, 0);
      expect(allocated).toBeGreaterThanOrEqual(tensors);
      expect(reserved).toBeGreaterThanOrEqual(allocated);
      // At most 1 MiB stays with a tensor, and at most 512 B are rounded up.
      expect(allocated).toBeLessThanOrEqual(tensors + sizes.length * MEBI);
      expect(reserved % (2 * MEBI)).toBe(0);
    }),
  );
});

test("the same tensors over and over take what they take one by one, for matrices as models have them", () => {
  const matrix = fc.oneof(
    fc.integer({ min: 1, max: 512 }).map((halves) => (halves * MEBI) / 2),
    fc.integer({ min: 1, max: 24 }).map((tenths) => Math.ceil((tenths * MEBI) / 10)),
  );
  fc.assert(
    fc.property(
      fc.array(matrix, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 80 }),
      (sizes, times) => {
        const short = allocateAll([{ times, sizes }]);
        const long = allocate(Array.from({ length: times }, () => sizes).flat());
        expect(Math.abs(short.allocated - long.allocated) / long.allocated).toBeLessThan(0.01);
        expect(Math.abs(short.reserved - long.reserved) / long.reserved).toBeLessThan(0.05);
      },
    ),
  );
});

test("tensors whose free blocks never repeat take as much in a million rounds as in a thousand, each", () => {
  const sizes = [0.7 * MEBI, 0.1 * MEBI].map(Math.ceil);
  const short = allocateAll([{ times: 1000, sizes }]);
  const long = allocateAll([{ times: 1_000_000, sizes }]);
  expect(long.reserved / short.reserved / 1000).toBeCloseTo(1, 2);
  expect(long.allocated / short.allocated / 1000).toBeCloseTo(1, 2);
});
