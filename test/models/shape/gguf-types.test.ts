import { expect, test } from "vitest";

import { GGUF_BLOCK, ggufBitsPerWeight, isGguf } from "../../../provider/models/shape/gguf-types.ts";
import { bytesPerWeight } from "../../../provider/models/shape/precision.ts";
import { GGUF_PRECISIONS } from "../../../provider/schema/precision.ts";

// Bits per weight as llama.cpp prints them for its types (tools/quantize/README.md and ggml's own comments).
test.each([
  ["q4_0", 4.5],
  ["q4_1", 5],
  ["q5_0", 5.5],
  ["q5_1", 6],
  ["q8_0", 8.5],
  ["q2_k", 2.625],
  ["q3_k", 3.4375],
  ["q4_k", 4.5],
  ["q5_k", 5.5],
  ["q6_k", 6.5625],
  ["iq1_s", 1.5625],
  ["iq1_m", 1.75],
  ["iq2_xxs", 2.0625],
  ["iq2_xs", 2.3125],
  ["iq2_s", 2.5625],
  ["iq3_xxs", 3.0625],
  ["iq3_s", 3.4375],
  ["iq4_nl", 4.5],
  ["iq4_xs", 4.25],
  ["tq1_0", 1.6875],
  ["tq2_0", 2.0625],
] as const)("a weight in %s takes %f bits, scales included", (type, bits) => {
  expect(ggufBitsPerWeight(type)).toBe(bits);
  expect(bytesPerWeight(type)).toBe(bits / 8);
});

test("every type has a block, and only they are of GGUF", () => {
  expect(Object.keys(GGUF_BLOCK)).toEqual(GGUF_PRECISIONS);
  expect(["q4_k", "bf16", "native", "mxfp4"].filter(isGguf)).toEqual(["q4_k"]);
});
