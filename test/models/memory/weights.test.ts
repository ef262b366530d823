import { expect, test } from "vitest";

import { CATALOG } from "../../../provider/models/catalog/catalog-data.ts";
import { allocatorRounding } from "../../../provider/models/memory/loaded-above.ts";
import { paddedVocab } from "../../../provider/models/memory/padded-vocab.ts";
import { weightsPerRank, weightsTerm } from "../../../provider/models/memory/weights.ts";
import { countParameters } from "../../../provider/models/shape/parameters.ts";
import { bytesPerWeight } from "../../../provider/models/shape/precision.ts";
import type { Dtype } from "../../../provider/schema/precision.ts";
import { catalogShape, inGibibytes, LLAMA_8B, OPT_125M, specShape } from "../shapes.ts";

test.each<[label: string, id: string, dtype: Dtype, ranks: number, gibibytes: number]>([
  ["R1", "meta-llama/Llama-3.1-8B", "bf16", 1, 14.958],
  ["R7", "meta-llama/Llama-3.1-8B", "bf16", 2, 7.479],
  ["R11", "Qwen/Qwen2.5-14B", "bf16", 2, 13.756],
  ["70B over 8", "meta-llama/Llama-3.1-70B", "bf16", 8, 16.429],
  ["gpt-oss-20b", "openai/gpt-oss-20b", "mxfp4", 1, 12.816],
  ["Qwen3-8B, bytes of its index file", "Qwen/Qwen3-8B", "bf16", 1, 15.257],
  ["DeepSeek-V3, bytes by type", "deepseek-ai/DeepSeek-V3", "fp8", 1, 641.285],
])("%s: %s in %s on one of %d ranks takes %f GiB", (_, id, dtype, ranks, gibibytes) => {
  // R7 and R11 divide evenly in theory; norms are whole on every rank, which shows in the fourth digit.
  expect(inGibibytes(weightsPerRank(catalogShape(id), dtype, ranks), 3)).toBeCloseTo(gibibytes, 2);
});

test("the weights of one rank are exact", () => {
  expect(weightsPerRank(LLAMA_8B, "bf16", 1)).toBe(2 * 8_030_261_248);
  expect(weightsPerRank(LLAMA_8B, "fp32", 1)).toBe(4 * 8_030_261_248);
  expect(weightsPerRank(catalogShape("openai/gpt-oss-120b"), "mxfp4", 1)).toBe(65_248_815_744);
});

test.each([
  { label: "R1", shape: LLAMA_8B, dtype: "bf16", ranks: 1, logged: 14.99 },
  { label: "R2", shape: LLAMA_8B, dtype: "bf16", ranks: 1, logged: 14.9888 },
  { label: "R5", shape: OPT_125M, dtype: "fp16", ranks: 1, logged: 0.2336 },
  { label: "R10", shape: catalogShape("openai/gpt-oss-20b"), dtype: "mxfp4", ranks: 1, logged: 13.72 },
  { label: "R11", shape: catalogShape("Qwen/Qwen2.5-14B"), dtype: "bf16", ranks: 2, logged: 13.9476 },
] as const)(
  "$label: the $logged GiB that were loaded are within the bounds",
  ({ shape, dtype, ranks, logged }) => {
    const { low, high } = weightsTerm(shape, dtype, ranks);
    expect(inGibibytes(low, 4)).toBeLessThanOrEqual(logged);
    expect(inGibibytes(high, 2)).toBeGreaterThanOrEqual(Number(logged.toFixed(2)));
  },
);

test("gpt-oss: the format gives the checkpoint's bytes by itself", () => {
  const shape = { ...catalogShape("openai/gpt-oss-20b"), weightsBytes: undefined };
  const { weightsBytes: _, ...counted } = shape;
  expect(weightsPerRank(counted, "mxfp4", 1)).toBe(13_761_264_768);
});

test("quantised weights leave embeddings, head and norms in 16 bit", () => {
  const counts = countParameters(LLAMA_8B);
  const kept = counts.embeddings + counts.small;
  const quantised = 8_030_261_248 - kept;
  expect(weightsPerRank(LLAMA_8B, "fp8", 1)).toBe(Math.ceil(kept * 2 + quantised * (1 + 4 / 16_384)));
  expect(weightsPerRank(LLAMA_8B, "int8", 1)).toBe(kept * 2 + quantised * (1 + 2 / 128));
  // 4 bits, a 16-bit scale and a 4-bit zero point per group of 128.
  expect(weightsPerRank(LLAMA_8B, "int4", 1)).toBe(kept * 2 + quantised * (0.5 + 2.5 / 128));
  expect(bytesPerWeight("mxfp4") * 8).toBe(4.25);
});

test("the group that shares a scale may be chosen in int4 and int8, and nowhere else", () => {
  expect(bytesPerWeight("int4", 32) * 8).toBe(4 + 20 / 32);
  expect(bytesPerWeight("int8", 64) * 8).toBe(8 + 16 / 64);
  expect(bytesPerWeight("mxfp4", 128)).toBe(bytesPerWeight("mxfp4"));
  const spec = { name: "x", layers: 1, hidden: 64, heads: 1, ffn: 64, vocab: 64, dtype: "int4" as const };
  const [coarse, fine] = [specShape(spec), specShape({ ...spec, groupSize: 32 })];
  const quantised = 4 * 64 * 64 + 3 * 64 * 64;
  expect(weightsPerRank(fine, "int4", 1) - weightsPerRank(coarse, "int4", 1)).toBe(
    (quantised * (20 / 32 - 20 / 128)) / 8,
  );
});

test("GGUF quantises the tables too, and keeps the norms in fp32", () => {
  const counts = countParameters(LLAMA_8B);
  const quantised = 8_030_261_248 - counts.small;
  expect(weightsPerRank(LLAMA_8B, "q4_k", 1)).toBe(quantised * (144 / 256) + counts.small * 4);
});

test.each([
  ["R1", 14.99],
  ["R2", 14.9888],
  ["R3", 14.9889],
] as const)("%s: the table of positions explains the %f GiB that Llama-3.1-8B loads", (_, logged) => {
  const loaded = weightsTerm(LLAMA_8B, "bf16", 1).low + 131_072 * 128 * 2;
  expect(loaded).toBe(2 * 8_030_261_248 + 131_072 * 128 * 2);
  expect(Math.abs(loaded / 1024 ** 3 - logged)).toBeLessThan(0.0015);
  expect(weightsTerm(LLAMA_8B, "bf16", 1).best - loaded).toBeLessThan(16 * 1024);
});

test("more ranks than key and value heads copy them, and every rank has the norms", () => {
  const counts = countParameters(LLAMA_8B);
  const divided = 8_030_261_248 - counts.keyValue - counts.small;
  expect(weightsPerRank(LLAMA_8B, "bf16", 16)).toBe(2 * (divided / 16 + counts.keyValue / 8 + counts.small));
});

test("a prediction layer counts in the upper bound alone: it is loaded for speculative decoding", () => {
  const shape = catalogShape("Qwen/Qwen3-Next-80B-A3B-Instruct");
  const { low, best, high } = weightsTerm(shape, "bf16", 1);
  expect(low).toBe(2 * 79_674_391_296);
  expect(best).toBeCloseTo(low + 262_144 * 256 * 2 + allocatorRounding(shape, "bf16", 1).allocated, -1);
  expect(high).toBeGreaterThan(2 * 81_324_862_720);
});

test("ranks divide a vision tower, and in the upper bound each holds the whole", () => {
  for (const id of ["Qwen/Qwen3.5-27B", "google/gemma-3-27b-it"]) {
    const shape = catalogShape(id);
    const { visionParams: tower = 0, params = 0, ...rest } = shape;
    const without = { ...rest, params: params - tower };
    const [one, other] = [shape, without].map((model) => weightsTerm(model, "bf16", 8));
    expect((one?.low ?? 0) - (other?.low ?? 0)).toBeCloseTo((2 * tower) / 8, -1);
    expect((one?.high ?? 0) - (other?.high ?? 0)).toBeGreaterThan(2 * tower);
  }
});

test("a prediction layer is divided", () => {
  const deepseek = catalogShape("deepseek-ai/DeepSeek-V3");
  expect(inGibibytes(weightsPerRank(deepseek, "fp8", 8), 0)).toBe(81);
});

test("the vocabulary is padded to 64, and a tied table counts once", () => {
  expect(paddedVocab(50_257)).toBe(50_304);
  expect(paddedVocab(128_256)).toBe(128_256);
  const spec = { name: "x", layers: 1, hidden: 64, heads: 1, ffn: 64, vocab: 100 };
  const [untied, tied] = [specShape(spec), specShape({ ...spec, tied: true })];
  expect(weightsPerRank(untied, "bf16", 1) - weightsPerRank(tied, "bf16", 1)).toBe(128 * 64 * 2);
});

// Two ladders, because GGUF quantises the tables as well, and so overtakes formats with fewer bits per weight.
test.each<[ladder: readonly Dtype[]]>([
  [["fp32", "bf16", "int8", "fp8", "nvfp4", "mxfp4", "int4", "nf4"]],
  [["fp32", "q8_0", "q6_k", "q5_k", "q4_k", "q3_k", "q2_k", "tq1_0"]],
])("no precision of %j needs more than the one before it, for any model", (ladder) => {
  const unordered = CATALOG.filter((model) => {
    const { weightsBytes: _, partDtypes: __, groupSize: ___, ...counted } = model;
    const sizes = ladder
      .filter((dtype) => dtype !== "mxfp4" || !model.experts)
      .map((dtype) => weightsPerRank(counted, dtype, 1));
    return sizes.join() !== sizes.toSorted((a, b) => b - a).join();
  });
  expect(unordered.map(({ id }) => id)).toEqual([]);
});
