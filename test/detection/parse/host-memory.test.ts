import { describe, expect, test } from "vitest";

import { bytes, floorPages, gibibytes, sumBytes } from "../../../provider/bytes.ts";
import { capacityOf } from "../../../provider/detection/parse/allocation-mode.ts";
import { parseHostMemory } from "../../../provider/detection/parse/host-memory.ts";
import { unreservedUse } from "../../../provider/partitioner/plan/unreserved-use.ts";
import type { HostMemory } from "../../support/fake-node/state.ts";
import { observeNode } from "../observe-node.ts";

const NODE = gibibytes(128);

/** Four MI300A, each with the memory of a NUMA node of its own; by default TTM takes half of all. */
const host = (changes: Partial<HostMemory> = {}): HostMemory => ({
  module: "amdttm",
  pagesLimit: (4 * NODE) / 2 / 4096,
  nodes: Array.from({ length: 4 }, () => ({ total: NODE, used: gibibytes(8) })),
  kfd: "limited",
  ...changes,
});

const look = async (hostMemory: HostMemory, more: Parameters<typeof observeNode>[0] = {}) =>
  (await observeNode({ gpus: 4, rocm: "7.2", accelerator: "MI300A", compute: "TPX", hostMemory, ...more }))
    .observation;

describe("a device of an APU may allocate", () => {
  test.each([
    ["amdttm", "limited"],
    ["ttm", "limited"],
    ["amdttm", "whole"],
  ] as const)(
    "its share of the limit of %s, although the driver tells KFD of the %s memory",
    async (module, kfd) => {
      const observation = await look(host({ module, kfd }));
      expect(observation.problems).toEqual([]);
      expect(observation.gpus.map((gpu) => gpu.memory)).toEqual(Array(4).fill(gibibytes(64)));
      const share = floorPages(gibibytes(64) / 3);
      expect(observation.devices.map((device) => floorPages(device.capacity))).toEqual(Array(12).fill(share));
    },
  );

  test("no more than its HBM, however far the limit is raised", async () => {
    const raised = await look(host({ pagesLimit: (8 * NODE) / 4096 }));
    const unsaid = (await observeNode({ gpus: 1, rocm: "7.2", accelerator: "MI300A" })).observation;
    expect(raised.gpus[0]?.memory).toBe(unsaid.gpus[0]?.memory);
    expect(unsaid.gpus[0]).not.toHaveProperty("shared");
  });
});

describe("host memory in use on an APU", () => {
  test("does not reduce its devices while it is beyond their limit", async () => {
    expect(unreservedUse(await look(host()))).toEqual([]);
  });

  test("reduces each device of its NUMA node after the limit was raised", async () => {
    const nodes = [8, 64, 8, 8].map((used) => ({ total: NODE, used: gibibytes(used) }));
    const observation = await look(host({ nodes, pagesLimit: (4 * gibibytes(120)) / 4096 }));
    const second = observation.gpus[1]?.gpu ?? "";
    const use = unreservedUse(observation);
    expect(use.map((one) => one.deviceId)).toEqual([0, 1, 2].map((part) => `${second.slice(0, -1)}${part}`));
    const capacity = sumBytes(
      observation.devices.filter((device) => device.gpu === second).map((device) => device.capacity),
    );
    const missing = sumBytes(use.map((one) => one.bytes));
    expect(capacity - missing).toBeLessThanOrEqual(NODE - gibibytes(64));
    expect(capacity - missing).toBeGreaterThan(NODE - gibibytes(64) - 3);
    expect(use[0]?.by).toBe("processes of the host without a GPU");
  });

  test("excludes the memory of its GPU, which KFD counts by process", async () => {
    const nodes = Array.from({ length: 4 }, () => ({ total: NODE, used: gibibytes(72) }));
    const processes = [{ name: "vllm", gpu: 0, vramBytes: gibibytes(64) }];
    const observation = await look(host({ nodes, pagesLimit: (4 * gibibytes(100)) / 4096 }), { processes });
    const of = (gpu: number) =>
      unreservedUse(observation).filter((one) =>
        one.deviceId.startsWith(observation.gpus[gpu]?.gpu.slice(0, -1) ?? "-"),
      );
    expect(of(0).map((one) => one.by)).toEqual([expect.stringMatching(/^vllm \(pid \d+\)$/)]);
    expect(of(1)).toHaveLength(3);
  });
});

test("a host of one NUMA node has all its APUs there, and one without a limit has none", () => {
  const node = "Node 0 MemTotal: 1024 kB\nnode0/meminfo:Node 0 MemFree: 24 kB";
  const text = (first: string) => `${first}gpu:0000:01:00.0 -1\nnode0/meminfo:${node}\n`;
  expect(parseHostMemory(text("pages_limit:200\n")).get("0000:01:00.0")).toEqual({
    limit: bytes(200 * 4096),
    total: 1024 * 1024,
    used: 1000 * 1024,
  });
  expect(parseHostMemory(text("")).get("0000:01:00.0")).toMatchObject({ limit: undefined });
  expect(parseHostMemory("gpu:0000:01:00.0 3\nnode0/meminfo:x\nnode1/meminfo:y\n").size).toBe(0);
});

test("a device that may allocate all of its domain may allocate the limit, and no more", () => {
  const limit = gibibytes(64);
  const gpu = { memory: limit, modes: { compute: "TPX", memory: "NPS1" }, shared: { limit } } as const;
  const share = floorPages(limit / 3);
  expect(capacityOf(share, { ...gpu, allocation: "CAPPING" }, 3)).toBe(share);
  expect(capacityOf(share, { ...gpu, allocation: "ALL" }, 3)).toBe(limit);
  expect(capacityOf(gibibytes(128), { ...gpu, allocation: "ALL" }, 3)).toBe(limit);
});
