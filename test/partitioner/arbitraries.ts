import * as fc from "fast-check";

import type { DesiredModes } from "../../provider/partitioner/plan/desired.ts";
import type { SimulatedHostState } from "../../provider/schema/simulated-host.ts";
import { ACCELERATORS, type Accelerator } from "../../provider/topology/accelerators.ts";
import { formatModes, type ModePair } from "../../provider/topology/modes.ts";
import { stateOf } from "./host.ts";

/** As many permitted pairs as GPUs, all with one memory mode. */
const pairs = (accelerator: Accelerator, gpus: number): fc.Arbitrary<readonly ModePair[]> =>
  fc.constantFrom(...new Set(accelerator.permitted.map((pair) => pair.memory))).chain((memory) =>
    fc.array(fc.constantFrom(...accelerator.permitted.filter((pair) => pair.memory === memory)), {
      minLength: gpus,
      maxLength: gpus,
    }),
  );

/** A host in some layout, and another layout declared for some of its GPUs, at least one. */
export const change = (): fc.Arbitrary<{
  readonly host: SimulatedHostState;
  readonly desired: DesiredModes;
}> =>
  fc.tuple(fc.constantFrom(...ACCELERATORS), fc.integer({ min: 1, max: 8 })).chain(([accelerator, gpus]) =>
    fc
      .record({
        now: pairs(accelerator, gpus),
        later: pairs(accelerator, gpus),
        declared: fc.subarray(
          Array.from({ length: gpus }, (_, number) => number),
          { minLength: 1 },
        ),
      })
      .map(({ now, later, declared }) => {
        const host = stateOf(now.map(formatModes), accelerator.name);
        const wanted = declared.flatMap((number) => {
          const gpu = host.gpus[number]?.gpu;
          const pair = later[number];
          return gpu !== undefined && pair ? [[gpu, pair] as const] : [];
        });
        return { host, desired: new Map(wanted) };
      }),
  );
