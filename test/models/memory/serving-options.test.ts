import { expect, test } from "vitest";

import { capturedSizes } from "../../../provider/models/memory/overheads.ts";
import { estimateWarnings } from "../../../provider/models/memory/warnings.ts";
import { engineArgs } from "../../../provider/render/engine-args.ts";
import { servingSchema } from "../../../provider/schema/serving.ts";
import { MI300X_MEMORY } from "../../support/mi300x.ts";
import { catalogShape, estimateOf, LLAMA_8B, servingOf, termOf } from "../shapes.ts";

const flags = (id: string, options: object, engine: "vllm" | "sglang" = "vllm"): string => {
  const shape = catalogShape(id);
  return engineArgs(engine, {
    shape,
    serving: servingOf(shape, { ...options, engine }),
    memory: estimateOf(shape, { ...options, engine }),
    tensorParallel: 1,
    deviceCapacity: MI300X_MEMORY,
  }).join(" ");
};

test("eager serving captures no graphs, and each engine is told so", () => {
  expect(termOf(estimateOf(LLAMA_8B, { enforceEager: true }), "graphs").high).toBe(0);
  expect(flags("Qwen/Qwen3-8B", { enforceEager: true })).toMatch(/--enforce-eager$/);
  expect(flags("Qwen/Qwen3-8B", { enforceEager: true }, "sglang")).toMatch(/--disable-cuda-graph$/);
});

test.each([
  [1, 2],
  [4, 4],
  [16, 7],
  [128, 35],
  [256, 51],
  [1024, 51],
])("for %d sequences %d sizes are captured", (sequences, sizes) => {
  expect(capturedSizes(sequences)).toBe(sizes);
});

test("bytes that only the user knows of are a term of their own", () => {
  const [plain, more] = [estimateOf(LLAMA_8B), estimateOf(LLAMA_8B, { extraBytes: 12_345 })];
  expect(more.high - plain.high).toBe(12_345);
  expect(termOf(more, "extra").best).toBe(12_345);
});

test("adapters take a matrix to the rank and one from it for every projection", () => {
  const { hidden, ffn, layers, vocab } = LLAMA_8B;
  const attention = 3 * hidden + 4096 + (4096 + 2 * 1024) + hidden;
  const forward = 2 * (hidden + ffn) + ffn + hidden;
  const numbers = layers * (attention + forward);
  const term = termOf(estimateOf(LLAMA_8B, { lora: { maxLoras: 4, maxLoraRank: 32 } }), "adapters");
  expect(term).toMatchObject({ best: 4 * 32 * numbers * 2, high: 4 * 32 * (numbers + hidden + vocab) * 2 });
  expect(flags("Qwen/Qwen3-8B", { lora: {} })).toContain("--enable-lora --max-loras 1 --max-lora-rank 16");
  expect(servingSchema.safeParse({ lora: { maxLoraRank: 17 } }).success).toBe(false);
});

test("a draft model brings its own weights", () => {
  const shape = catalogShape("Qwen/Qwen3-32B");
  const speculative = { method: "draft", tokens: 4, model: "Qwen/Qwen3-0.6B" };
  expect(termOf(estimateOf(shape, { speculative }), "speculation").low).toBe(2 * 596_049_920);
  expect(flags("Qwen/Qwen3-32B", { speculative })).toContain(
    '"num_speculative_tokens":4,"model":"Qwen/Qwen3-0.6B"',
  );
});

test("the prediction layer of a checkpoint counts when it guesses", () => {
  const shape = catalogShape("Qwen/Qwen3-Next-80B-A3B-Instruct");
  const term = termOf(estimateOf(shape, { speculative: { method: "mtp", tokens: 2 } }), "speculation");
  expect(term.best).toBe(2 * (81_324_862_720 - 79_674_391_296));
});

test("a model that sees is sent images at start-up, as many as a step has room for, and the engine is told how many", () => {
  const gemma = catalogShape("google/gemma-3-4b-it");
  const activations = (options: object) => termOf(estimateOf(gemma, options), "activations");
  const [none, one] = [activations({ imagesPerPrompt: 0 }), activations({})];
  expect(one.high).toBeGreaterThan(none.high);
  expect(one.reason).toContain("8 images of 4096 patches");
  expect(flags("google/gemma-3-4b-it", {})).toContain('--limit-mm-per-prompt {"image":1,"video":0}');
  expect(flags("google/gemma-3-4b-it", { imagesPerPrompt: 0 })).toContain('{"image":0,"video":0}');
  expect(flags("Qwen/Qwen3-8B", {})).not.toContain("limit-mm");
});

test.each([
  "Qwen/Qwen3-VL-8B-Instruct",
  "Qwen/Qwen3.5-0.8B",
  "Qwen/Qwen3.6-27B",
  "Qwen/Qwen3.8-27B",
  "google/gemma-3-27b-it",
  "google/gemma-4-31B-it",
  "meta-llama/Llama-4-Scout-17B-16E-Instruct",
  "mistralai/Mistral-Small-3.2-24B-Instruct-2506",
])("%s says how much it may be shown", (id) => {
  const shape = catalogShape(id);
  expect(estimateWarnings(shape, servingOf(shape)).join()).toContain("1 image and no video per prompt");
});

test("without prefix caching a recurrent state takes one page, and the engine is told so", () => {
  const shape = catalogShape("Qwen/Qwen3.5-0.8B");
  const cache = (options: object) =>
    termOf(estimateOf(shape, { maxNumSeqs: 4, ...options }), "KV cache").high;
  expect(cache({ prefixCaching: false })).toBeLessThan(cache({}));
  expect(flags("Qwen/Qwen3.5-0.8B", { prefixCaching: false })).toContain("--no-enable-prefix-caching");
});

test.each([
  [{ pipelineParallel: 2 }, "pipeline parallelism is not estimated"],
  [{ dataParallel: 2 }, "one allocation per replica"],
])("%o is refused with a sentence", (options, sentence) => {
  const parsed = servingSchema.safeParse(options);
  expect(parsed.error?.issues[0]?.message).toContain(sentence);
});

test("experts that are dealt out whole are a warning", () => {
  const shape = catalogShape("Qwen/Qwen3-30B-A3B");
  expect(estimateWarnings(shape, servingOf(shape, { expertParallel: true })).join()).toContain(
    "expertParallel",
  );
  expect(flags("Qwen/Qwen3-30B-A3B", { expertParallel: true })).toContain("--enable-expert-parallel");
});

/** An encoder has no cache that an engine could be told of. */
test("no size of a cache is told of an encoder", () => {
  expect(flags("BAAI/bge-m3", {})).not.toContain("--kv-cache-memory-bytes");
});

test("experts in mxfp4 are filled up to whole tiles, as wide as the GPU's kernels want them", () => {
  const shape = catalogShape("openai/gpt-oss-120b");
  const gibibytes = (gpuArchitecture: string) =>
    Number((termOf(estimateOf(shape, { gpuArchitecture }), "weights").best / 1024 ** 3).toFixed(1));
  expect(gibibytes("gfx942")).toBeLessThan(64);
  expect(gibibytes("gfx950")).toBe(68.6);
});
