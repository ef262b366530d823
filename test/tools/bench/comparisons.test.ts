import { expect, test } from "vitest";

import { COMPARISONS, ratiosOf } from "../../../tools/bench/fleet/comparisons.ts";

const names = [...new Set(COMPARISONS.flatMap(({ ours, rivals, floor }) => [ours, ...rivals, floor]))];
const result = (name: string, wall: number) => ({ name, wall, cpu: 0, fastest: wall, slowest: wall });

test("a ratio is our time over theirs", () => {
  const ratios = ratiosOf(names.map((name) => result(name, name.startsWith("pulumi") ? 3 : 6)));
  expect(ratios).toContainEqual({
    operation: "preview",
    ours: "pulumi preview",
    theirs: "pyinfra --dry",
    ratio: 0.5,
  });
  expect(ratios).toContainEqual({
    operation: "refresh",
    ours: "pulumi refresh",
    theirs: "pulumi refresh, doing nothing",
    ratio: 1,
  });
});

test("a comparison with something that was not measured is an error that names it", () => {
  expect(() => ratiosOf([result("pulumi preview", 1)])).toThrow('"pyinfra --dry" was not measured');
});
