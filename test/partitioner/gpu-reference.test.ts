import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { ObservedGpu } from "../../provider/detection/observation.ts";
import { findGpu } from "../../provider/partitioner/plan/gpu-reference.ts";
import { observeNode } from "../detection/observe-node.ts";
import { eight, GPUS, hostOf } from "./host.ts";

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

/** As amd-smi of ROCm 7.0 to 7.12 tells them; the board counts its places backwards. */
const BOARD: readonly ObservedGpu[] = hostOf(eight("SPX/NPS1")).gpus.map((gpu, number) => ({
  ...gpu,
  oam: 7 - number,
  uuids: [
    `a${number}ff74a1-0000-1000-80b2-c3d4e5f6${hex(number, 4)}`,
    `gpu-a${number}b2c3d4e5f6${hex(number, 4)}`,
  ],
}));

const named = (reference: string | number, gpus = BOARD): string => {
  const found = findGpu(gpus, reference);
  return "gpu" in found ? found.gpu.gpu : found.problem;
};

describe("a GPU is named", () => {
  test("by any of its names, in any case, and all of them mean the same GPU", () => {
    fc.assert(
      fc.property(fc.nat(7), fc.constantFrom("lower", "upper"), (number, letters) => {
        const gpu = BOARD[number];
        const names = [gpu?.gpu ?? "", gpu?.gpu.slice(5) ?? "", ...(gpu?.uuids ?? []), `oam:${gpu?.oam}`];
        for (const name of names)
          expect(named(letters === "upper" ? name.toUpperCase() : name)).toBe(GPUS[number]);
        expect(named(number)).toBe(GPUS[number]);
      }),
    );
  });

  test("by the UUID that was written down before ROCm 7.13 put the partition into it", () => {
    expect(named("a30074a1-0000-1000-80b2-c3d4e5f60003")).toBe(GPUS[3]);
  });
});

describe("a name that names no GPU is answered with what the host has", () => {
  test("places on the board", () => {
    expect(named("oam:8")).toBe(
      'names GPU "oam:8", but the host has oam:0, oam:1, oam:2, oam:3, oam:4, oam:5, oam:6, oam:7',
    );
  });

  test("UUIDs", () => {
    expect(named("ffffffff-0000-1000-80b2-c3d4e5f60003", BOARD.slice(0, 2))).toBe(
      'names GPU "ffffffff-0000-1000-80b2-c3d4e5f60003", but the host has a0ff74a1-0000-1000-80b2-c3d4e5f60000 at 0000:0c:00.0, a1ff74a1-0000-1000-80b2-c3d4e5f60001 at 0000:22:00.0',
    );
  });

  test("or that it tells none", () => {
    const silent = BOARD.map((gpu) => ({ ...gpu, uuids: [], oam: undefined }));
    expect(named("oam:0", silent)).toBe(
      'names GPU "oam:0", but the host reports no OAM ids; name it by its PCI address',
    );
    expect(named("GPU-0011223344556677", silent)).toBe(
      'names GPU "gpu-0011223344556677", but the host reports no UUIDs; name it by its PCI address',
    );
  });

  test("or that two have it", () => {
    const twins = BOARD.map((gpu) => ({ ...gpu, oam: 0 })).slice(0, 2);
    expect(named("oam:0", twins)).toBe(
      'names GPU "oam:0", which 0000:0c:00.0 and 0000:22:00.0 both have; name it by its PCI address',
    );
  });
});

test.each(["6.2.2", "6.4.2", "7.0", "7.14"] as const)(
  "names are read from the amd-smi of ROCm %s",
  async (rocm) => {
    const { observation } = await observeNode({ gpus: 2, rocm, compute: ["CPX", "SPX"] });
    for (const [number, gpu] of observation.gpus.entries()) {
      expect(gpu.oam).toBe(number);
      expect(gpu.uuids[0]).toMatch(/^[0-9a-f]{8}-0000-1000-80[0-9a-f]{2}-[0-9a-f]{12}$/);
      for (const name of [...gpu.uuids, `oam:${gpu.oam}`]) {
        const found = findGpu(observation.gpus, name);
        expect("gpu" in found && found.gpu.gpu).toBe(gpu.gpu);
      }
    }
  },
);
