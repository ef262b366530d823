import * as fc from "fast-check";
import { expect, test } from "vitest";

import { gibibytes, mebibytes } from "../../../provider/bytes.ts";
import { CATALOG } from "../../../provider/models/catalog/catalog-data.ts";
import { estimateMemory } from "../../../provider/models/memory/estimate.ts";
import { kvBytesPerToken } from "../../../provider/models/memory/kv-cache/kv-cache.ts";
import { TERM_NAMES } from "../../../provider/models/memory/memory-term.ts";
import { legalTensorParallel } from "../../../provider/models/memory/tensor-parallel.ts";
import { MI300X_CPX_CAPACITY } from "../../support/mi300x.ts";
import {
  catalogShape,
  estimateOf,
  inGibibytes,
  LLAMA_2_13B,
  LLAMA_2_7B,
  LLAMA_8B,
  OPT_125M,
  servingOf,
  specShape,
  termOf,
} from "../shapes.ts";

/** A CPX device of an MI300X without what the kernel keeps on a host with eight of them. */
const USABLE = MI300X_CPX_CAPACITY - mebibytes(96);

test("AMD's own two cases: Llama-2-7B fits a CPX device, 13B does not", () => {
  const options = { maxModelLen: 4096, maxNumSeqs: 1 };
  expect(inGibibytes(estimateOf(LLAMA_2_7B, options).weightsBytes, 1)).toBe(12.6);
  expect(estimateOf(LLAMA_2_7B, options).high).toBeLessThan(USABLE);
  expect(estimateOf(LLAMA_2_13B, options).low).toBeGreaterThan(USABLE);
});

// What one CPX device holds with 3.7 GiB taken for everything but weights and KV cache.
test.each([
  ["meta-llama/Llama-3.1-8B", "bf16", 14.96, 5.2, 43],
  ["Qwen/Qwen3-8B", "bf16", 15.26, 4.9, 36],
  ["google/gemma-2-9b", "bf16", 17.21, 3, 9],
  ["openai/gpt-oss-20b", "mxfp4", 12.82, 7.4, 161],
] as const)(
  "%s in %s leaves a CPX device room for its KV cache",
  (id, precision, weights, left, thousandTokens) => {
    const shape = catalogShape(id);
    const { weightsBytes } = estimateOf(shape, { precision });
    expect(inGibibytes(weightsBytes)).toBe(weights);
    const room = USABLE - 3.7 * gibibytes(1) - weightsBytes;
    expect(inGibibytes(room, 1)).toBe(left);
    expect(Math.round(room / kvBytesPerToken(shape, 2, 1) / 1000)).toBe(thousandTokens);
  },
);

// Peaks that vLLM logged, with the batch limits it had by default where the log does not say.
test.each([
  { label: "R2", shape: LLAMA_8B, tokens: 2048, ranks: 1, logged: 0.22 },
  { label: "R4", shape: LLAMA_8B, tokens: 8192, ranks: 1, logged: 1.19 },
  { label: "R5", shape: OPT_125M, tokens: 2048, ranks: 1, logged: 0.49 },
  { label: "R6", shape: OPT_125M, tokens: 2048, ranks: 1, logged: 0.46 },
  { label: "R7", shape: LLAMA_8B, tokens: 8192, ranks: 1, logged: 1.26 },
  { label: "R7, two ranks", shape: LLAMA_8B, tokens: 8192, ranks: 2, logged: 1.26 },
  { label: "R13", shape: catalogShape("Qwen/Qwen2.5-0.5B"), tokens: 2048, ranks: 1, logged: 0.59 },
])("$label: activations of $logged GiB are within the bounds", ({ shape, tokens, ranks, logged }) => {
  const options = { maxModelLen: 2048, maxNumSeqs: 256, maxNumBatchedTokens: tokens };
  const { low, high, calibrated } = termOf(estimateOf(shape, options, ranks), "activations");
  expect(inGibibytes(low)).toBeLessThanOrEqual(logged);
  expect(inGibibytes(high)).toBeGreaterThanOrEqual(logged);
  expect(calibrated).toBe(false);
});

test("the runtime of an Instinct card holds what was measured outside the allocator, 1.30 and 1.79 GiB", () => {
  const { low, best, high } = termOf(estimateOf(OPT_125M), "runtime");
  expect(inGibibytes(low)).toBeLessThan(1.3);
  expect(inGibibytes(best, 1)).toBe(1.5);
  expect(high).toBe(mebibytes(1833 + 150));
});

test("a Radeon card takes what R5 and R6 measured", () => {
  const { best, high } = termOf(estimateOf(OPT_125M, { gpuArchitecture: "gfx1100" }), "runtime");
  expect(best).toBe(mebibytes(589));
  expect(high).toBe(mebibytes(635 + 150));
});

test("the memory that PyTorch's allocator keeps grows with the activations: R7 had 1.63 GiB after a peak of 1.26", () => {
  const options = {
    maxModelLen: 8192,
    maxNumSeqs: 256,
    maxNumBatchedTokens: 8192,
    gpuArchitecture: "sm90",
  };
  const estimate = estimateOf(LLAMA_8B, options);
  const kept = termOf(estimate, "runtime").high - mebibytes(635);
  expect(kept).toBe(Math.ceil(0.3 * termOf(estimate, "activations").high));
  expect(1.26 + 0.3 * 1.26).toBeGreaterThanOrEqual(1.63);
});

test("a model on a CPX device with few sequences keeps vLLM's own margin of 150 MiB", () => {
  for (const id of ["meta-llama/Llama-3.1-8B", "Qwen/Qwen2.5-7B", "google/gemma-2-9b"]) {
    const estimate = estimateOf(catalogShape(id));
    expect(termOf(estimate, "runtime").high).toBe(mebibytes(1833 + 150));
  }
});

test("terms come in one order and add up; the engine is told the upper bound of the KV cache", () => {
  const estimate = estimateOf(catalogShape("google/gemma-3-27b-it"), { maxModelLen: 32_768 }, 8);
  expect(estimate.terms.map(({ name }) => name)).toEqual(TERM_NAMES);
  for (const bound of ["low", "best", "high"] as const) {
    expect(estimate[bound]).toBe(estimate.terms.reduce((sum, term) => sum + term[bound], 0));
  }
  expect(estimate.kvBytes).toBe(termOf(estimate, "KV cache").high);
  expect(termOf(estimate, "KV cache").low).toBeLessThan(estimate.kvBytes);
});

test("one rank does not communicate", () => {
  expect(termOf(estimateOf(LLAMA_8B), "communication")).toMatchObject({ low: 0, high: 0 });
  expect(termOf(estimateOf(LLAMA_8B, {}, 2), "communication")).toMatchObject({ best: mebibytes(1024) });
});

test("defaults: the model's own context up to 8192 tokens, 16 sequences, steps of 2048 tokens", () => {
  expect(servingOf(LLAMA_8B)).toEqual({
    precision: "native",
    kvCacheDtype: "auto",
    maxModelLen: 8192,
    maxNumSeqs: 16,
    maxNumBatchedTokens: 2048,
    kvCacheTokens: 16 * 8192,
  });
  expect(servingOf(catalogShape("microsoft/Phi-3-mini-4k-instruct")).maxModelLen).toBe(4096);
  expect(servingOf(catalogShape("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B")).maxModelLen).toBe(8192);
  expect(servingOf(LLAMA_8B, { maxNumSeqs: 4096 }).maxNumBatchedTokens).toBe(4096);
});

test.each([
  [
    { maxModelLen: 131_073 },
    1,
    "maxModelLen 131073 is above the longest context of meta-llama/Llama-3.1-8B, 131072 tokens",
  ],
  [
    { maxNumBatchedTokens: 8 },
    1,
    "maxNumBatchedTokens 8 is below maxNumSeqs 16: a step must have room for one token of every sequence",
  ],
  [
    { kvCacheTokens: 4096 },
    1,
    "kvCacheTokens 4096 is below maxModelLen 8192: no sequence of that length would fit",
  ],
  [
    {},
    3,
    "meta-llama/Llama-3.1-8B in bf16 cannot be divided over 3 devices: its attention heads and layer widths allow 1, 2, 4, 8, 16",
  ],
])(
  "options %o on %d devices are refused, because the engine would not start",
  (options, tensorParallel, error) => {
    expect(estimateMemory(LLAMA_8B, servingOf(LLAMA_8B, options), tensorParallel)).toMatchObject({
      ok: false,
      error,
      refusal: { text: error },
    });
  },
);

test("the longest context itself is allowed, and vLLM's refusal of Gemma in fp16 is known", () => {
  expect(estimateMemory(LLAMA_8B, servingOf(LLAMA_8B, { maxModelLen: 131_072 }), 8).ok).toBe(true);
  const gemma = catalogShape("google/gemma-2-9b");
  expect(estimateMemory(gemma, servingOf(gemma, { precision: "fp16" }), 1)).toMatchObject({
    ok: false,
    refusal: { code: "float16-refused" },
    error: "google/gemma-2-9b cannot run in fp16 (numerical instability): use bf16",
  });
});

test("a checkpoint in fp32 is loaded in 16 bit unless fp32 is asked for", () => {
  const shape = specShape({ name: "x", layers: 2, hidden: 64, heads: 2, ffn: 128, vocab: 64, dtype: "fp32" });
  expect(estimateOf(shape).weightsBytes * 2).toBe(estimateOf(shape, { precision: "fp32" }).weightsBytes);
  expect(termOf(estimateOf(shape, { precision: "fp32" }), "KV cache").high).toBe(
    2 * estimateOf(shape).kvBytes,
  );
});

test("bounds of every model are in order, and larger requests never need less", () => {
  const model = fc.constantFrom(...CATALOG);
  const limits = fc.record({
    maxModelLen: fc.integer({ min: 1, max: 4096 }),
    maxNumSeqs: fc.integer({ min: 1, max: 512 }),
    maxNumBatchedTokens: fc.integer({ min: 4352, max: 16_384 }),
  });
  const grown = fc.record({
    maxModelLen: fc.nat(4096),
    maxNumSeqs: fc.nat(512),
    maxNumBatchedTokens: fc.nat(8192),
  });
  fc.assert(
    fc.property(model, limits, grown, fc.nat(), (shape, asked, more, pick) => {
      const options = { ...asked, maxModelLen: Math.min(asked.maxModelLen, shape.maxContext ?? 8192) };
      const sizes = legalTensorParallel(shape, "block-fp8");
      const ranks = sizes[pick % sizes.length] ?? 1;
      const estimate = estimateOf(shape, options, ranks);
      for (const { low, best, high } of estimate.terms)
        expect([low, best, high]).toEqual([low, best, high].toSorted((a, b) => a - b));
      const larger = estimateOf(
        shape,
        {
          maxModelLen: Math.min(options.maxModelLen + more.maxModelLen, shape.maxContext ?? 8192),
          maxNumSeqs: options.maxNumSeqs + more.maxNumSeqs,
          maxNumBatchedTokens: options.maxNumBatchedTokens + more.maxNumSeqs + more.maxNumBatchedTokens,
        },
        ranks,
      );
      expect(larger.high).toBeGreaterThanOrEqual(estimate.high);
      expect(larger.best).toBeGreaterThanOrEqual(estimate.best);
    }),
  );
});
