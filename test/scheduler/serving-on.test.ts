import { describe, expect, test } from "vitest";

import { poolOf } from "../../provider/scheduler/occupancy/pool.ts";
import { scheduleFleet } from "../../provider/scheduler/schedule-fleet.ts";
import { schedule } from "../../provider/scheduler/schedule.ts";
import { servingOn } from "../../provider/scheduler/serving-on.ts";
import { type ScheduleOptionsArgs, scheduleOptionsSchema } from "../../provider/schema/placement.ts";
import { type AcceleratorName, acceleratorByName } from "../../provider/topology/accelerators.ts";
import { buildLayout } from "../../provider/topology/layout.ts";
import type { ComputeMode } from "../../provider/topology/modes.ts";
import { catalogShape } from "../models/shapes.ts";

const GPU = "0000:0c:00.0";
const GPT_OSS = catalogShape("openai/gpt-oss-120b");

const hostOf = (name: AcceleratorName, compute: ComputeMode = "SPX") => ({
  hostId: name,
  layout: buildLayout(
    [{ gpu: GPU, ...acceleratorByName(name) }],
    new Map([[GPU, { compute, memory: "NPS1" as const }]]),
  ),
});

const options = (given: ScheduleOptionsArgs = {}) => scheduleOptionsSchema.parse(given);

const highOn = (...names: readonly AcceleratorName[]): number => {
  const pool = poolOf(names.map((name) => hostOf(name)));
  const outcome = schedule({ key: "one", shape: GPT_OSS, options: options(), pool, reservations: [] });
  if (!outcome.success) throw new Error(outcome.error);
  return outcome.memory.high;
};

describe("the layout of a model's weights", () => {
  test.each([
    ["MI300X", "CPX", "gfx942"],
    ["MI308X", "DPX", "gfx942"],
    ["MI355X", "CPX", "gfx950"],
    ["MI350P", "SPX", "gfx950"],
  ] as const)("on %s in %s is that of %s", (name, compute, instructionSet) => {
    const pool = poolOf([hostOf(name, compute)]);
    expect(servingOn(pool, GPT_OSS, options()).gpuArchitecture).toBe(instructionSet);
  });

  test("is what the user says it is, on any device", () => {
    const pool = poolOf([hostOf("MI355X")]);
    expect(servingOn(pool, GPT_OSS, options({ gpuArchitecture: "gfx942" })).gpuArchitecture).toBe("gfx942");
  });

  test("is not chosen where devices of both are offered, and the upper bound has the wider one", () => {
    const pool = poolOf([hostOf("MI300X"), hostOf("MI355X")]);
    expect(servingOn(pool, GPT_OSS, options()).gpuArchitecture).toBeUndefined();
    expect(highOn("MI300X", "MI355X")).toBe(highOn("MI355X"));
  });

  test("takes 5.3 GiB more of an MI355X than of an MI300X for gpt-oss-120b", () => {
    expect((highOn("MI355X") - highOn("MI300X")) / 1024 ** 3).toBeCloseTo(5.3, 1);
  });

  test("is the same in a fleet", () => {
    for (const name of ["MI300X", "MI355X"] as const) {
      const pool = poolOf([hostOf(name)]);
      const { placements } = scheduleFleet(pool, [], [{ key: "one", shape: GPT_OSS, options: options() }]);
      expect(placements.map(({ bytesPerDevice }) => bytesPerDevice)).toEqual([highOn(name)]);
    }
  });
});
