import { expect, test } from "vitest";

import { median } from "../../../tools/bench/median.ts";

test.each([
  { values: [5], middle: 5 },
  { values: [9, 1, 5], middle: 5 },
  { values: [4, 1, 3, 2], middle: 2.5 },
])("the median of $values is $middle", ({ values, middle }) => {
  expect(median(values)).toBe(middle);
});

test("an empty list has no median", () => {
  expect(() => median([])).toThrow(RangeError);
});
