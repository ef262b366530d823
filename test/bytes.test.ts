import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  bytes,
  ceilBytes,
  floorPages,
  formatBytes,
  gibibytes,
  mebibytes,
  sumBytes,
} from "../provider/bytes.ts";

describe("a number of bytes", () => {
  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("is never %d", (value) => {
    expect(() => bytes(value)).toThrow(new RangeError(`${value} is not a whole number of bytes`));
  });

  test("is made of binary units", () => {
    expect(mebibytes(1)).toBe(1_048_576);
    expect(gibibytes(192)).toBe(206_158_430_208);
    expect(() => gibibytes(1 / 3)).toThrow(RangeError);
  });

  test("may be nothing", () => {
    expect(bytes(0)).toBe(0);
    expect(sumBytes([])).toBe(0);
  });

  test("is refused when a sum is too large to be exact", () => {
    expect(() => sumBytes([bytes(Number.MAX_SAFE_INTEGER), bytes(1)])).toThrow(RangeError);
  });
});

test("demands are rounded up to whole bytes, capacities down to whole pages", () => {
  const sevenths = fc.integer({ min: 0, max: 2 ** 48 }).map((value) => value / 7);
  fc.assert(
    fc.property(sevenths, (exact) => {
      expect(ceilBytes(exact)).toBeGreaterThanOrEqual(exact);
      expect(ceilBytes(exact) - exact).toBeLessThan(1);
      const pages = floorPages(exact);
      expect(pages % 4096).toBe(0);
      expect(pages).toBeLessThanOrEqual(exact);
      expect(exact - pages).toBeLessThan(4096);
    }),
  );
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1 KiB"],
  [1_048_576, "1 MiB"],
  [25_767_706_624, "24.0 GiB"],
  [206_141_652_992, "192.0 GiB"],
])("%i is shown to people as %s", (value, text) => {
  expect(formatBytes(bytes(value))).toBe(text);
});
