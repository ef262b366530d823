import { describe, expect, test } from "vitest";

import { bytes } from "../../../provider/bytes.ts";
import { assembleGpus } from "../../../provider/detection/assemble/assemble.ts";
import type { KfdNode } from "../../../provider/detection/parse/kfd.ts";
import type { CardFiles } from "../../../provider/detection/parse/partition-files.ts";
import type { ComputeMode } from "../../../provider/topology/modes.ts";
import { cardFiles, kfdNodes } from "./gpu-parts.ts";

const MI300X = 0x74_a1;
const MI300A = 0x74_a0;

const nodes = (pciDeviceId: number, memory: readonly number[]): readonly KfdNode[] =>
  kfdNodes(
    memory.map((value) => ({ pciDeviceId, computeUnits: 1, xcds: 1, memory: bytes(value), hive: undefined })),
  );

const card = (pciDeviceId: number, compute: ComputeMode, vramTotal: number | undefined): CardFiles =>
  cardFiles({ pciDeviceId, compute, availableCompute: ["SPX", compute], memory: "NPS1", vramTotal });

const memoryOf = (devices: readonly KfdNode[], files: CardFiles): number | undefined =>
  assembleGpus({
    nodes: devices,
    cards: [files],
    list: [],
    rows: [],
    partition: { profiles: new Map(), memoryModes: new Map() },
  }).gpus[0]?.memory;

describe("the memory of a whole GPU", () => {
  const whole = 206_141_652_992;

  test("is the sum of its devices", () => {
    expect(memoryOf(nodes(MI300X, Array(8).fill(whole / 8)), card(MI300X, "CPX", undefined))).toBe(whole);
  });

  test("does not lose what the kernel rounds down on each device: plans start from it", () => {
    const total = 134_754_598_912;
    const share = Math.floor(total / 3 / 4096) * 4096;
    expect(memoryOf(nodes(MI300A, Array(3).fill(share)), card(MI300A, "TPX", total))).toBe(total);
  });

  test("is not counted eight times where each device may allocate all of its domain", () => {
    expect(memoryOf(nodes(MI300X, Array(8).fill(whole)), card(MI300X, "CPX", whole))).toBe(whole);
  });

  test("is less than its HBM on an APU, whose driver offers less", () => {
    expect(memoryOf(nodes(MI300A, [whole / 2]), card(MI300A, "SPX", whole))).toBe(whole / 2);
  });

  test("is sysfs' word while devices are missing, and the table's where that is silent", () => {
    expect(memoryOf(nodes(MI300X, Array(7).fill(whole / 8)), card(MI300X, "CPX", whole))).toBe(whole);
    expect(memoryOf(nodes(MI300X, Array(7).fill(whole / 8)), card(MI300X, "CPX", undefined))).toBe(whole);
  });
});

test("a GPU of which KFD shows nothing counts to the hive of the host's other GPUs", () => {
  const [node] = nodes(MI300X, [206_141_652_992]);
  const other = { ...card(MI300X, "SPX", undefined), gpu: "0000:22:00.0" };
  const { gpus } = assembleGpus({
    nodes: node ? [{ ...node, hive: "42" }] : [],
    cards: [card(MI300X, "SPX", undefined), other],
    list: [],
    rows: [],
    partition: { profiles: new Map(), memoryModes: new Map() },
  });
  expect(gpus.map((gpu) => gpu.hive)).toEqual(["42", "42"]);
});
