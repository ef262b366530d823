import { expect, test } from "vitest";

import { paddedRowBytes } from "../../../provider/models/memory/fp8-rows.ts";
import { weightsTerm } from "../../../provider/models/memory/weights.ts";
import type { ModelShape } from "../../../provider/models/shape/shape.ts";
import { catalogShape, inGibibytes, LLAMA_8B, specShape } from "../shapes.ts";

const LLAMA_FP8: ModelShape = { ...LLAMA_8B, nativeDtype: "fp8" };

test("a checkpoint of Llama-3.1-8B in fp8: 256 bytes for every row of its 32 layers", () => {
  // Queries, keys and values; output; gate and up; down.
  const rows = 32 * (4096 + 2 * 1024 + 4096 + 2 * 14_336 + 4096);
  expect(paddedRowBytes(LLAMA_FP8, "fp8", 1)).toBe(256 * rows);
  expect(inGibibytes(256 * rows)).toBe(0.33);
  const { high, reason } = weightsTerm(LLAMA_FP8, "fp8", 1);
  // Of a checkpoint 2.9 % more can be loaded, of what vLLM quantises itself 1.1 %.
  const made = weightsTerm(LLAMA_8B, "fp8", 1);
  expect(high).toBeCloseTo(made.high + made.low * (0.029 - 0.011) + 256 * rows, -1);
  expect(reason).toContain("336 MiB if vLLM pads its rows, as on ROCm");
});

test("rows that are no multiple of 512 bytes stay as they are", () => {
  const spec = {
    name: "x",
    layers: 1,
    hidden: 512,
    heads: 4,
    headDim: 64,
    ffn: 768,
    vocab: 64,
    dtype: "fp8" as const,
  };
  // 256 wide into the output, 768 into down.
  expect(paddedRowBytes(specShape(spec), "fp8", 1)).toBe(256 * (3 * 256 + 2 * 768));
});

test("ranks divide the rows of one half of the matrices, and the length of those of the other", () => {
  // 14,336 over 8 ranks is 1792, which is no multiple of 512.
  const rows = 32 * (6144 / 8 + 4096 + (2 * 14_336) / 8);
  expect(paddedRowBytes(LLAMA_FP8, "fp8", 8)).toBe(256 * rows);
});

test("R9: attention, recurrent layers and shared experts, not the routed ones", () => {
  const shape = catalogShape("Qwen/Qwen3-Coder-Next-FP8");
  const full = 12 * (2 * 4096 + 2 * 512 + 2048);
  const linear = 36 * (2 * 2048 + 2 * 4096 + 2048);
  const shared = 48 * (2 * 512 + 2048);
  expect(paddedRowBytes(shape, "fp8", 1)).toBe(256 * (full + linear + shared));
  expect(inGibibytes(256 * (full + linear + shared))).toBe(0.19);
});

test("latent attention: what compresses, what expands, and the output", () => {
  const shape = catalogShape("deepseek-ai/DeepSeek-V3");
  const attention = 61 * (1536 + 576 + (128 * 192 + 128 * 256) / 8 + 7168);
  const dense = 3 * ((2 * 18_432) / 8);
  // 2048 over 8 ranks is 256 wide, 18,432 is 2304.
  const shared = 58 * ((2 * 2048) / 8);
  expect(paddedRowBytes(shape, "fp8", 8)).toBe(256 * (attention + dense + shared));
});

test.each<[why: string, shape: ModelShape, dtype: "fp8" | "bf16" | "int4"]>([
  ["vLLM makes the fp8 itself", LLAMA_8B, "fp8"],
  ["the weights are in 16 bit", LLAMA_FP8, "bf16"],
  ["they are in another format", LLAMA_FP8, "int4"],
])("nothing is padded when %s", (_, shape, dtype) => {
  expect(paddedRowBytes(shape, dtype, 1)).toBe(0);
});
