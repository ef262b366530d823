import { describe, expect, test } from "vitest";

import {
  COMPUTE_MODES,
  domainsPerGpu,
  formatModes,
  MEMORY_MODES,
  parseComputeMode,
  parseMemoryMode,
  parseModes,
  profileId,
  sameModes,
} from "../../provider/topology/modes.ts";

describe("a mode", () => {
  test("is read in any letter case, with space around it", () => {
    expect(COMPUTE_MODES.map((mode) => parseComputeMode(` ${mode.toLowerCase()}\n`))).toEqual(COMPUTE_MODES);
    expect(MEMORY_MODES.map((mode) => parseMemoryMode(` ${mode.toLowerCase()}\n`))).toEqual(MEMORY_MODES);
  });

  test.each(["", "N/A", "8PX", "NPS1", "SPX*", "UNKNOWN"])("is not %j of a compute mode", (text) => {
    expect(parseComputeMode(text)).toBeUndefined();
  });

  test.each(["", "N/A", "NPS", "NPS3", "CPX"])("is not %j of a memory mode", (text) => {
    expect(parseMemoryMode(text)).toBeUndefined();
  });
});

test("a pair is written as in AMD's documents, its id as the device plugin writes it", () => {
  const pair = { compute: "CPX", memory: "NPS4" } as const;
  expect(formatModes(pair)).toBe("CPX/NPS4");
  expect(profileId(pair)).toBe("cpx_nps4");
  expect(parseModes("CPX/NPS4")).toEqual(pair);
  expect(["CPX", "NPS4/CPX", "CPX/NPS4/1", ""].map(parseModes)).toEqual(Array(4).fill(undefined));
});

test("a memory mode has as many domains on a GPU as its number says", () => {
  expect(MEMORY_MODES.map(domainsPerGpu)).toEqual([1, 2, 4, 8]);
});

test("pairs are the same when both halves are", () => {
  const pair = { compute: "CPX", memory: "NPS4" } as const;
  expect(sameModes(pair, { ...pair })).toBe(true);
  expect(sameModes(pair, { ...pair, memory: "NPS1" })).toBe(false);
  expect(sameModes(pair, { ...pair, compute: "QPX" })).toBe(false);
});
