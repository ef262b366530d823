import * as fc from "fast-check";
import { expect, test } from "vitest";

import { findViolations } from "../../provider/scheduler/occupancy/violations.ts";
import { runs } from "../support/property-runs.ts";
import { hostInMemory } from "./host-in-memory.ts";
import { action, POOL, reservationsIn, stackOn } from "./random-stack.ts";

test("several stacks lose no reservation and reserve nothing twice, in any order of their commands and answers", async () => {
  let written = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.array(action(), { minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 4 }),
      async (scheduler, plans) => {
        const host = hostInMemory(scheduler);
        const stacks = plans.map((_, number) => stackOn(host, `s${number}`));
        const all = Promise.all(stacks.map((stack, number) => stack.run(plans[number] ?? [])));
        await scheduler.waitFor(all);

        written += host.history.length;
        // No record that ever was has a device, a domain or an exclusive model booked twice, and no revision was written twice.
        expect(host.history.flatMap((one) => findViolations(POOL, reservationsIn(one)))).toEqual([]);
        expect(host.history.map((one) => one.revision)).toEqual(host.history.map((_, number) => number + 1));

        // What a stack was told last is what the record has, those aside that somebody released by name.
        const byName = new Set(stacks.flatMap((stack) => stack.releasedByName));
        const there = new Set(host.history.at(-1)?.reservations.map((one) => one.key));
        const told = stacks.flatMap((stack) => [...stack.told]);
        const lost = told.filter(
          ([key, state]) => state === "reserved" && !there.has(key) && !byName.has(key),
        );
        const leaked = told.filter(([key, state]) => state === "released" && there.has(key));
        expect({ lost, leaked }).toEqual({ lost: [], leaked: [] });
        expect([...there].filter((key) => !told.some(([other]) => other === key))).toEqual([]);
      },
    ),
    { numRuns: runs(300) },
  );
  // The property would hold of stacks that write nothing.
  expect(written).toBeGreaterThan(runs(1000));
});
