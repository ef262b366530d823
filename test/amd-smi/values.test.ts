import { expect, test } from "vitest";
import type { z } from "zod";

import {
  optionalBdf,
  optionalComputeMode,
  optionalMemoryMode,
  optionalMemoryModes,
  optionalNumber,
  optionalText,
} from "../../provider/amd-smi/values.ts";

const read = (schema: z.ZodType, value: unknown): unknown => schema.parse(value);

test.each([undefined, null, "", "N/A", "N/A (not supported on MI300X)", "N/A(no right)"])(
  "%j means that amd-smi does not say",
  (value) => {
    for (const schema of [
      optionalText,
      optionalNumber,
      optionalComputeMode,
      optionalMemoryMode,
      optionalMemoryModes,
      optionalBdf,
    ]) {
      expect(read(schema, value)).toBeUndefined();
    }
  },
);

test.each([
  [3, 3],
  ["3", 3],
  ["0x74a1", 0x74_a1],
  ["three", undefined],
  [{ value: 3, unit: "MB" }, undefined],
  [["3"], undefined],
])("reads the number %j as %j", (value, number) => {
  expect(read(optionalNumber, value)).toBe(number);
});

test.each([
  ["CPX", "CPX"],
  ["SPX*", "SPX"],
  ["cpx", "CPX"],
  ["OCTO", undefined],
  [7, undefined],
])("reads the compute mode %j as %j", (value, mode) => {
  expect(read(optionalComputeMode, value)).toBe(mode);
});

test.each([
  ["NPS1,NPS2,NPS4", ["NPS1", "NPS2", "NPS4"]],
  ["NPS1, NPS4", ["NPS1", "NPS4"]],
  [
    ["NPS1", "NPS8"],
    ["NPS1", "NPS8"],
  ],
  ["NPS1,NPS3", ["NPS1"]],
  ["none", undefined],
  [4, undefined],
])("reads the list of memory modes %j as %j", (value, modes) => {
  expect(read(optionalMemoryModes, value)).toEqual(modes);
});

test.each([
  ["0000:0c:00.3", "0000:0c:00.3"],
  ["0000:0C:00.3", "0000:0c:00.3"],
  ["0c:00.3", "0000:0c:00.3"],
  ["10000:0c:00.3", "10000:0c:00.3"],
  ["0000:0c:00", undefined],
])("reads the PCI address %j as %j", (value, address) => {
  expect(read(optionalBdf, value)).toBe(address);
});
