import { describe, expect, test } from "vitest";

import type { HostObservation } from "../../provider/detection/observation.ts";
import type { Reservation } from "../../provider/host-record/record.ts";
import { fromRecord } from "../../provider/host-record/reservations.ts";
import {
  availablePartitions,
  currentLayout,
  partitionUtilization,
  validatePartitioning,
} from "../../provider/partitioner/plan/queries.ts";
import { ModelScheduler } from "../../provider/scheduler/model-scheduler.ts";
import { MI300X_CPX_CAPACITY } from "../support/mi300x.ts";
import { hostOf, pair } from "./host.ts";

const reservation = (key: string, ids: readonly string[], bytes: number, exclusive = false): Reservation => ({
  key,
  model: `model of ${key}`,
  devices: ids.map((id) => ({ id, bytes })),
  exclusive,
});

/** Of eight devices of one GPU the kernel keeps the memory of all >> 14 on each. */
const USABLE = MI300X_CPX_CAPACITY - Math.floor((8 * MI300X_CPX_CAPACITY) / 2 ** 14);

const withReservations = (...reservations: Reservation[]): HostObservation =>
  hostOf(["CPX/NPS4"], undefined, { record: { reservations } });

describe("utilization", () => {
  test("is what all models on a device have reserved, of what it can hold", () => {
    const half = MI300X_CPX_CAPACITY / 2;
    const observation = withReservations(
      reservation("a", ["0000:0c:00.0", "0000:0c:00.1"], half),
      reservation("b", ["0000:0c:00.1"], half),
    );
    const [first, second, third] = partitionUtilization(observation);
    expect(first).toEqual({
      partitionId: "0000:0c:00.0",
      capacity: MI300X_CPX_CAPACITY,
      reserved: half,
      utilization: 0.5,
      models: ["model of a"],
    });
    expect(second).toMatchObject({ utilization: 1, models: ["model of a", "model of b"] });
    expect(third).toMatchObject({ reserved: 0, utilization: 0, models: [] });
  });
});

describe("available memory", () => {
  test("is the rest of each device, without full devices and those of exclusive models", () => {
    const observation = withReservations(
      reservation("a", ["0000:0c:00.0"], 1000),
      reservation("b", ["0000:0c:00.1"], MI300X_CPX_CAPACITY),
      reservation("c", ["0000:0c:00.2"], 1, true),
      reservation("d", ["0000:0c:00.3"], MI300X_CPX_CAPACITY + 1),
    );
    const available = availablePartitions(observation);
    expect(available.map((one) => [one.partitionId, one.free])).toEqual([
      ["0000:0c:00.0", USABLE - 1000],
      ...[4, 5, 6, 7].map((number) => [`0000:0c:00.${number}`, USABLE]),
    ]);
  });

  test("has the same devices and bytes as a scheduler has for the same host", () => {
    const observation = withReservations(
      reservation("a", ["0000:0c:00.0", "0000:0c:00.1"], 1000),
      reservation("b", ["0000:0c:00.2"], 1, true),
    );
    const scheduler = new ModelScheduler([{ hostId: "h", layout: currentLayout(observation) }], {
      reservations: observation.record.reservations.map((held) => fromRecord(held, "h")),
    });
    expect(availablePartitions(observation).map((one) => [one.partitionId, one.free])).toEqual(
      scheduler.availablePartitions().map((one) => [one.partitionId, one.free]),
    );
  });
});

describe("the layout that exists", () => {
  const host = hostOf(["CPX/NPS4", "CPX/NPS4"]);

  test("does not have a device that the kernel did not make, and counts the others as KFD does", () => {
    const observation = { ...host, devices: host.devices.filter((device) => device.id !== "0000:0c:00.2") };
    const { devices } = currentLayout(observation);
    expect(devices).toHaveLength(15);
    expect(devices.map((device) => device.index)).toEqual(devices.map((_, position) => position));
    expect(devices.find((device) => device.id === "0000:0c:00.3")?.index).toBe(2);
    expect(availablePartitions(observation).map((one) => one.partitionId)).not.toContain("0000:0c:00.2");
  });

  test("lists its devices in KFD's order", () => {
    const observation = { ...host, devices: [...host.devices.slice(8), ...host.devices.slice(0, 8)] };
    expect(currentLayout(observation).devices[0]).toMatchObject({ id: "0000:22:00.0", index: 0 });
  });
});

const declared = (text: string) => ({ groups: [{ ...pair(text), path: "profiles[0]" }], skipped: [] });

describe("a partitioning", () => {
  const host = hostOf(["SPX/NPS1"]);

  test("is valid, with warnings", () => {
    expect(validatePartitioning(host, declared("CPX/NPS4"))).toEqual({
      valid: true,
      problems: [],
      warnings: [],
    });
    expect(validatePartitioning(host, declared("QPX/NPS4"))).toMatchObject({
      valid: true,
      warnings: [expect.stringContaining("not on AMD's list")],
    });
  });

  test("is invalid, with every problem at once", () => {
    const verdict = validatePartitioning(host, { ...declared("CPX/NPS2"), skipped: [7] });
    expect(verdict.valid).toBe(false);
    expect(verdict.problems.map((problem) => problem.path)).toEqual(["skippedGPUs.ids[0]", "profiles[0]"]);
  });
});
