import { describe, expect, test } from "vitest";

import {
  devicesByMode,
  permittedPairs,
  validatedPairs,
} from "../../../provider/detection/assemble/permitted.ts";
import type { CardFiles } from "../../../provider/detection/parse/partition-files.ts";
import { acceleratorByName } from "../../../provider/topology/accelerators.ts";
import { formatModes } from "../../../provider/topology/modes.ts";
import { cardFiles } from "./gpu-parts.ts";

const MI300X = acceleratorByName("MI300X");
const NOTHING = { profiles: [], memoryModes: undefined, card: undefined, accelerator: undefined };

const card = (files: Partial<CardFiles>): CardFiles =>
  cardFiles({ pciDeviceId: 0x74_a1, compute: "SPX", memory: "NPS1", ...files });

const pairs = (sources: Parameters<typeof permittedPairs>[0]): readonly string[] =>
  permittedPairs(sources).map(formatModes);

describe("the pairs a GPU can be set to", () => {
  test("are amd-smi's profiles, within the memory modes it offers, even where the table says more", () => {
    const profiles = [
      { compute: "SPX", memoryModes: ["NPS1"], xccsPerDevice: 8 },
      { compute: "CPX", memoryModes: ["NPS1", "NPS4", "NPS8"], xccsPerDevice: 1 },
    ] as const;
    expect(pairs({ ...NOTHING, profiles, memoryModes: ["NPS1", "NPS4"], accelerator: MI300X })).toEqual([
      "SPX/NPS1",
      "CPX/NPS1",
      "CPX/NPS4",
    ]);
  });

  test("are the driver's for the present memory mode, and the table's for the others, where amd-smi is silent", () => {
    const files = card({
      memory: "NPS4",
      availableCompute: ["QPX", "CPX"],
      availableMemory: ["NPS1", "NPS4"],
    });
    expect(pairs({ ...NOTHING, card: files, accelerator: MI300X })).toEqual([
      "SPX/NPS1",
      "DPX/NPS1",
      "QPX/NPS1",
      "CPX/NPS1",
      "QPX/NPS4",
      "CPX/NPS4",
    ]);
  });

  test("are what the driver offers now on a GPU that no table knows", () => {
    const files = card({ availableCompute: ["SPX", "CPX"] });
    expect(pairs({ ...NOTHING, card: files })).toEqual(["SPX/NPS1", "CPX/NPS1"]);
  });

  test("are the table's where nobody says anything", () => {
    expect(pairs({ ...NOTHING, accelerator: MI300X })).toEqual(MI300X.permitted.map(formatModes));
    expect(pairs(NOTHING)).toEqual([]);
  });
});

test("devices of a mode are dies of the GPU over dies of a device; amd-smi's own count is never used", () => {
  const profiles = [
    { compute: "CPX", memoryModes: ["NPS1"], xccsPerDevice: 1 },
    { compute: "QPX", memoryModes: ["NPS1"], xccsPerDevice: undefined },
    { compute: "TPX", memoryModes: ["NPS1"], xccsPerDevice: 3 },
  ] as const;
  expect(devicesByMode({ ...NOTHING, profiles }, 8)).toEqual({ CPX: 8 });
  expect(devicesByMode({ ...NOTHING, profiles, accelerator: MI300X }, 8)).toEqual({
    SPX: 1,
    DPX: 2,
    QPX: 4,
    CPX: 8,
  });
});

test("a pair that AMD's documents do not list is permitted and not validated; on an unknown GPU all are", () => {
  const offered = [
    { compute: "QPX", memory: "NPS4" },
    { compute: "CPX", memory: "NPS4" },
  ] as const;
  expect(validatedPairs(MI300X, offered).map(formatModes)).toEqual(["CPX/NPS4"]);
  expect(validatedPairs(undefined, offered)).toEqual(offered);
});
