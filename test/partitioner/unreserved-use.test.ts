import { expect, test } from "vitest";

import { bytes, gibibytes } from "../../provider/bytes.ts";
import type { GpuProcess, HostObservation } from "../../provider/detection/observation.ts";
import { unreservedUse } from "../../provider/partitioner/plan/unreserved-use.ts";
import {
  newSimulatedHost,
  observeSimulated,
} from "../../provider/partitioner/simulated/simulated-observation.ts";

const GPU = "0000:0c:00.0";

function observed(gpuProcesses: readonly GpuProcess[], reserved: readonly number[]): HostObservation {
  const seen = observeSimulated(newSimulatedHost("h", "MI300X", 2), "h.json");
  const reservations = reserved.map((size, number) => ({
    key: `p/s/${number}`,
    model: "m",
    devices: [{ id: GPU, bytes: gibibytes(size) }],
    exclusive: false,
  }));
  return { ...seen, gpuProcesses, record: { ...seen.record, reservations } };
}

const process = (pid: number, size: number, id = GPU): GpuProcess => ({
  pid,
  name: "python3",
  gpus: [id],
  vram: { [id]: gibibytes(size) },
});

test("memory of processes beyond the reservations of a device is unreserved use, with the names of the processes", () => {
  expect(unreservedUse(observed([process(7, 10), process(8, 12)], []))).toEqual([
    { hostId: "h", deviceId: GPU, bytes: gibibytes(22), by: "python3 (pid 8), python3 (pid 7)" },
  ]);
});

test("a model that runs within what it reserved does not count twice", () => {
  expect(unreservedUse(observed([process(7, 19)], [20]))).toEqual([]);
  expect(unreservedUse(observed([process(7, 19), process(8, 5)], [20]))).toMatchObject([
    { bytes: gibibytes(4) },
  ]);
});

test("lists no process without memory on a device", () => {
  expect(unreservedUse(observed([{ pid: 7, name: "gpuagent", gpus: [GPU] }], []))).toEqual([]);
  const [other] = unreservedUse(observed([process(9, 1, "0000:22:00.0")], [20]));
  expect(other).toMatchObject({ deviceId: "0000:22:00.0", bytes: bytes(gibibytes(1)) });
});

test("unreserved use by many processes names the three largest", () => {
  const many = [1, 2, 3, 4, 5].map((size) => process(size, size));
  expect(unreservedUse(observed(many, []))[0]?.by).toBe(
    "python3 (pid 5), python3 (pid 4), python3 (pid 3) and 2 more",
  );
});

test("a simulated host has processes too: those of its file", () => {
  const state = newSimulatedHost("h", "MI300X", 1);
  const processes = [{ pid: 4242, name: "python3", vram: { [GPU]: gibibytes(3) } }];
  const seen = observeSimulated({ ...state, processes }, "h.json");
  expect(seen.gpuProcesses).toEqual([{ ...processes[0], gpus: [GPU] }]);
  expect(unreservedUse(seen)).toMatchObject([{ bytes: gibibytes(3), by: "python3 (pid 4242)" }]);
});
