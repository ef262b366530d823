import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { gibibytes } from "../../../provider/bytes.ts";
import { lookupModel } from "../../../provider/models/catalog/catalog.ts";
import {
  alternativesOf,
  type ChangeableHost,
} from "../../../provider/scheduler/advice/layout-alternatives.ts";
import { ALL_OTHERS } from "../../../provider/scheduler/advice/layout-remedies.ts";
import type { PlacementProblem } from "../../../provider/scheduler/advice/placement-problem.ts";
import { findRemedies } from "../../../provider/scheduler/advice/remedies.ts";
import type { Remedy } from "../../../provider/scheduler/advice/remedy.ts";
import { poolOf, type Reservation } from "../../../provider/scheduler/occupancy/pool.ts";
import type { Refusal } from "../../../provider/scheduler/request.ts";
import { schedule } from "../../../provider/scheduler/schedule.ts";
import { place } from "../../../provider/scheduler/solver/place.ts";
import { type ScheduleOptionsArgs, scheduleOptionsSchema } from "../../../provider/schema/placement.ts";
import { acceleratorByName } from "../../../provider/topology/accelerators.ts";
import { buildLayout } from "../../../provider/topology/layout.ts";
import { type ModePair, parseModes } from "../../../provider/topology/modes.ts";
import { gpuAddress } from "../../support/mi300x.ts";
import { runs } from "../../support/property-runs.ts";

const MI300X = acceleratorByName("MI300X");

/** A host of MI300X whose GPUs are in these modes and may be set to any that the kernel accepts. */
function hostOf(modes: readonly string[]): {
  readonly host: ChangeableHost;
  readonly pool: PlacementProblem["pool"];
} {
  const gpus = modes.map((text, number) => ({
    ...MI300X,
    gpu: gpuAddress(number),
    modes: parseModes(text) as ModePair,
  }));
  const layout = buildLayout(gpus, new Map(gpus.map((gpu) => [gpu.gpu, gpu.modes])));
  return { host: { hostId: "h", gpus }, pool: poolOf([{ hostId: "h", layout }]) };
}

function problem(
  model: string,
  options: ScheduleOptionsArgs,
  modes: readonly string[],
  reservations: readonly Reservation[] = [],
): PlacementProblem {
  const { host, pool } = hostOf(modes);
  const found = lookupModel(model);
  if (!found.ok) throw new Error(found.error);
  const parsed = scheduleOptionsSchema.parse(options);
  return { key: "new", shape: found.model, options: parsed, pool, reservations, hosts: [host] };
}

const hold = (key: string, deviceIds: readonly string[], size: number): Reservation => ({
  key,
  hostId: "h",
  deviceIds,
  bytesPerDevice: gibibytes(size),
});

/** The problem after the advice was taken; the models that it displaces ask again for what they had. */
function taking(asked: PlacementProblem, remedy: Remedy): readonly PlacementProblem[] {
  const { property, value } = remedy;
  if (property === "reservations") {
    const left = asked.reservations.filter((one) => value !== ALL_OTHERS && one.key !== value);
    return [{ ...asked, reservations: left }];
  }
  if (property !== "layout") {
    const option = value === "none" ? undefined : value === "false" ? false : value;
    return [{ ...asked, options: { ...asked.options, [property]: option } }];
  }
  const all = [...alternativesOf(asked.hosts ?? [], asked.pool, asked.reservations)];
  return all
    .filter((one) => one.name === value)
    .map(({ pool, staying }) => ({ ...asked, pool, reservations: staying }));
}

const MODELS = [
  "Qwen/Qwen2.5-0.5B",
  "meta-llama/Llama-3.1-8B-Instruct",
  "Qwen/Qwen3-32B",
  "meta-llama/Llama-3.1-70B",
];

/** GPUs of one host have one memory mode, each a compute mode of its own. */
const hostModes = (): fc.Arbitrary<readonly string[]> =>
  fc
    .constantFrom(["SPX/NPS1", "DPX/NPS1", "QPX/NPS1", "CPX/NPS1"], ["QPX/NPS4", "CPX/NPS4"], ["DPX/NPS2"])
    .chain((modes) => fc.array(fc.constantFrom(...modes), { minLength: 1, maxLength: 3 }));

const wishes = (): fc.Arbitrary<ScheduleOptionsArgs> =>
  fc.record({
    tensorParallel: fc.constantFrom("auto" as const, 1, 2, 4),
    maxNumSeqs: fc.integer({ min: 1, max: 256 }),
    precision: fc.constantFrom("native" as const, "fp8" as const),
    exclusive: fc.boolean(),
    pin: fc.option(fc.constantFrom({ gpus: [gpuAddress(0)] }, { partitions: [gpuAddress(1)] }), {
      nil: undefined,
    }),
  });

/** Neighbours that fit where they are, placed one after the other. */
function neighbours(asked: PlacementProblem, sizes: readonly number[]): readonly Reservation[] {
  const held: Reservation[] = [];
  for (const [number, size] of sizes.entries()) {
    const result = place(asked.pool, held, {
      key: `tenant-${number}`,
      demandByTensorParallel: new Map([[1, gibibytes(size)]]),
      tensorParallel: 1,
      strategy: "spread",
      exclusive: false,
    });
    const device = result?.placement.devices[0];
    if (device) held.push(hold(`tenant-${number}`, [device.id], size));
  }
  return held;
}

const refused = () =>
  fc
    .record({
      model: fc.constantFrom(...MODELS),
      options: wishes(),
      modes: hostModes(),
      sizes: fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 8 }),
    })
    .map(({ model, options, modes, sizes }) => {
      const asked = problem(model, options, modes);
      return { ...asked, reservations: neighbours(asked, sizes) };
    });

test("each remedy that is said makes the model fit when it is applied", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(refused(), (asked) => {
      const outcome = schedule(asked);
      fc.pre(!outcome.success && outcome.nearest.length > 0);
      for (const remedy of outcome.success ? [] : outcome.remedies) {
        seen.add(remedy.property);
        const after = taking(asked, remedy).map((one) => schedule(one).success);
        expect([remedy.text, ...after]).toEqual([remedy.text, true]);
      }
    }),
    { numRuns: runs(150), seed: 5 },
  );
  // The property would say nothing if no kind of advice were ever given.
  expect([...seen].toSorted()).toEqual(
    expect.arrayContaining([
      "exclusive",
      "layout",
      "maxModelLen",
      "maxNumSeqs",
      "pin",
      "reservations",
      "tensorParallel",
    ]),
  );
});

/** Two sides that do not fail to fit. */
function isNoMiss(refusal: Refusal): boolean {
  if (refusal.kind === "memory" || refusal.kind === "domain") return refusal.demand <= refusal.free;
  return refusal.kind === "devices" && refusal.tensorParallel <= refusal.available;
}

test("a refusal never claims an inequality that holds", () => {
  fc.assert(
    fc.property(refused(), (asked) => {
      const outcome = schedule(asked);
      const nearest = outcome.success ? [] : outcome.nearest;
      expect(nearest.map(({ refusal }) => refusal).filter(isNoMiss)).toEqual([]);
    }),
    { numRuns: runs(100) },
  );
});

const layoutOf = (asked: PlacementProblem): string | undefined =>
  findRemedies(asked).find((remedy) => remedy.property === "layout")?.text;

describe("another layout is advised", () => {
  const LLAMA = "meta-llama/Llama-3.1-8B-Instruct";
  const one = { tensorParallel: 1, maxNumSeqs: 16, precision: "bf16" } as const;

  test("the finest compute mode of one GPU, where that is enough", () => {
    expect(layoutOf(problem(LLAMA, one, ["CPX/NPS1", "CPX/NPS1"]))).toBe(
      "0000:0c:00.0 in QPX/NPS1 instead of CPX/NPS1 (48.0 GiB per device)",
    );
  });

  test("of a GPU that holds nothing before one that does, which stays as it is", () => {
    const held = [hold("tenant", ["0000:0c:00.3"], 4)];
    expect(layoutOf(problem(LLAMA, one, ["CPX/NPS1", "CPX/NPS1"], held))).toBe(
      "0000:0d:00.0 in QPX/NPS1 instead of CPX/NPS1 (48.0 GiB per device)",
    );
  });

  test("with the models that would be placed again, if there is room for them", () => {
    const held = [hold("tenant", ["0000:0c:00.3"], 4)];
    expect(layoutOf(problem(LLAMA, one, ["CPX/NPS1"], held))).toBe(
      "0000:0c:00.0 in QPX/NPS1 instead of CPX/NPS1 (48.0 GiB per device); tenant would be placed again",
    );
    const full = Array.from({ length: 8 }, (_, n) => hold(`tenant-${n}`, [`0000:0c:00.${n}`], 23));
    expect(layoutOf(problem(LLAMA, one, ["CPX/NPS1"], full))).toBeUndefined();
  });

  test("the memory mode of the host, where no compute mode in the present one would do", () => {
    expect(layoutOf(problem("Qwen/Qwen3-32B", { ...one, maxNumSeqs: 4 }, ["CPX/NPS4", "CPX/NPS4"]))).toBe(
      "0000:0c:00.0 in DPX/NPS1 instead of CPX/NPS4 (96.0 GiB per device; NPS1 applies to the whole host and reloads its driver)",
    );
  });
});
