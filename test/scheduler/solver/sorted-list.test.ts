import * as fc from "fast-check";
import { expect, test } from "vitest";

import { sortedList } from "../../../provider/scheduler/solver/sorted-list.ts";
import { runs } from "../../support/property-runs.ts";

const change = () =>
  fc.record({ kind: fc.constantFrom("add", "remove"), value: fc.integer({ min: 0, max: 900 }) });

const even = (value: number): boolean => value % 2 === 0;

test("after any changes the first value from any limit on is that of a sorted array", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 900 }), { maxLength: 600 }),
      fc.array(change(), { maxLength: 600 }),
      fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 20 }),
      (start, changes, limits) => {
        const list = sortedList(start, (a, b) => a - b);
        const plain = new Set(start);
        for (const { kind, value } of changes) {
          if (kind === "remove") {
            list.remove(value);
            plain.delete(value);
          } else if (!plain.has(value)) {
            list.add(value);
            plain.add(value);
          }
        }
        const sorted = [...plain].toSorted((a, b) => a - b);
        for (const limit of limits) {
          expect(list.find((value) => value < limit, even)).toBe(
            sorted.find((value) => value >= limit && even(value)),
          );
        }
      },
    ),
    { numRuns: runs(200) },
  );
});
