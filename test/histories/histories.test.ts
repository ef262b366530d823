import * as fc from "fast-check";
import { expect, test } from "vitest";

import { runs } from "../support/property-runs.ts";
import { history } from "./actions.ts";
import { createPlayer } from "./player.ts";

const SHRINKING_ENDS = 300_000;

test(
  "after every update of any history hosts, records and states agree, and in the end nothing is left",
  async () => {
    let updates = 0;
    await fc.assert(
      fc.asyncProperty(history(), async (actions) => {
        const player = createPlayer();
        for (const [number, action] of actions.entries()) {
          const wrong = await player.play(action);
          expect({ after: number, action, wrong }).toEqual({ after: number, action, wrong: [] });
        }
        expect(await player.end()).toEqual([]);
        updates += player.updates();
      }),
      // Shrinking takes minutes; the time limit of the test would hide what it has found.
      { numRuns: runs(300), interruptAfterTimeLimit: SHRINKING_ENDS },
    );
    // Histories whose updates fail would prove nothing.
    expect(updates).toBeGreaterThan(runs(600));
  },
  2 * SHRINKING_ENDS,
);
