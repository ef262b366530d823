import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { CATALOG } from "../../../../provider/models/catalog/catalog-data.ts";
import { kvBlockTokens } from "../../../../provider/models/memory/kv-cache/block-tokens.ts";
import { kvCacheTerm } from "../../../../provider/models/memory/kv-cache/kv-cache.ts";
import type { ModelShape } from "../../../../provider/models/shape/shape.ts";
import { catalogShape, servingOf, specShape } from "../../shapes.ts";

const GIBI = 1024 ** 3;

/** A model with short convolutions in place of most of its attention: the shape of LFM2.5-1.2B. */
const SHORT_CONVOLUTIONS = specShape({
  name: "short-convolutions",
  layers: 16,
  hidden: 2048,
  heads: 32,
  kvHeads: 8,
  headDim: 64,
  ffn: 8192,
  vocab: 65_536,
  layerKinds: [
    { layers: 6, mixer: { kind: "attention" } },
    { layers: 10, mixer: { kind: "convolution", channels: 2048, convKernel: 3 } },
  ],
});

/** Bytes of the cache that hold the sequences, without the block that vLLM keeps empty. */
function perSequence(shape: ModelShape, options: object): number {
  const sequences = (maxNumSeqs: number): number =>
    kvCacheTerm(shape, servingOf(shape, { ...options, maxNumSeqs }), 1).best;
  return sequences(3) - sequences(2);
}

/** How many sequences vLLM said fit into the cache it had, and the cache, as it printed both. */
describe("sequences of full length", () => {
  test.each([
    {
      model: "Qwen/Qwen3.5-0.8B",
      shape: catalogShape("Qwen/Qwen3.5-0.8B"),
      options: { maxModelLen: 8192, prefixCaching: false },
      cache: 5.88,
      sequences: 49.68,
    },
    {
      model: "Qwen/Qwen3.6-35B-A3B",
      shape: catalogShape("Qwen/Qwen3.6-35B-A3B"),
      options: { maxModelLen: 131_072 },
      cache: 18.64,
      sequences: 7.06,
    },
    {
      model: "openai/gpt-oss-120b",
      shape: catalogShape("openai/gpt-oss-120b"),
      options: { maxModelLen: 131_072, maxNumBatchedTokens: 1024 },
      cache: 10.52,
      sequences: 2.317,
    },
    {
      model: "LiquidAI/LFM2.5-1.2B-Instruct",
      shape: SHORT_CONVOLUTIONS,
      options: { maxModelLen: 32_768, maxNumBatchedTokens: 1024, kvCacheDtype: "fp8" },
      cache: 13.33,
      sequences: 70.93,
    },
    {
      model: "google/gemma-3-27b-it",
      shape: catalogShape("google/gemma-3-27b-it"),
      options: { maxModelLen: 4096, maxNumBatchedTokens: 8192 },
      cache: 109.86,
      sequences: 50.05,
    },
  ])("of $model are $sequences in $cache GiB", ({ shape, options, cache, sequences }) => {
    const each = perSequence(shape, options);
    // The size of the cache is printed to hundredths; a release before 0.33 counts no block for the window's beginning.
    const [least, most] = [(cache - 0.005) / each, (cache + 0.005) / each].map((value) => value * GIBI);
    expect(sequences).toBeGreaterThan((least ?? 0) * 0.9975);
    expect(sequences).toBeLessThan((most ?? 0) * 1.0055);
  });
});

/** What the engine's rule needs for all sequences at full length, in GiB, computed by hand. */
test.each([
  ["google/gemma-3-27b-it", { maxModelLen: 2048, maxNumSeqs: 16 }, 17.62],
  ["google/gemma-3-27b-it", { maxModelLen: 32_768, maxNumSeqs: 8 }, 31.31],
  ["openai/gpt-oss-20b", { maxModelLen: 131_072, maxNumSeqs: 4 }, 12.2],
  ["Qwen/Qwen3.6-27B", { maxModelLen: 2048, maxNumSeqs: 16, kvCacheDtype: "fp8" }, 6.125],
  ["google/gemma-3-4b-it", { maxModelLen: 2048, maxNumSeqs: 16 }, 4.4],
])("the guarantee of %s with %o is %d GiB and one empty block", (id, options, expected) => {
  const shape = catalogShape(id);
  const { best, high } = kvCacheTerm(shape, servingOf(shape, options), 1);
  const each = perSequence(shape, options);
  expect((each * options.maxNumSeqs) / GIBI).toBeCloseTo(expected, 2);
  expect(high).toBe(best);
});

test.each([
  ["Qwen/Qwen3.5-122B-A10B", "auto", 2096],
  ["Qwen/Qwen3.5-122B-A10B", "fp8", 4176],
  ["Qwen/Qwen3.5-35B-A3B", "fp8", 2096],
  ["Qwen/Qwen3.5-0.8B", "auto", 544],
  ["Qwen/Qwen3.6-35B-A3B", "auto", 1056],
] as const)(
  "a block of %s with a cache in %s has %d tokens, and so has the least batch",
  (id, kvCacheDtype, block) => {
    const shape = catalogShape(id);
    expect(kvBlockTokens(shape, kvCacheDtype === "fp8" ? 1 : 2, 1)).toBe(block);
    expect(servingOf(shape, { kvCacheDtype, maxNumSeqs: 4 }).maxNumBatchedTokens).toBe(Math.max(2048, block));
  },
);

test("no model is given a budget that nobody asked for", () => {
  const asked = fc.record({
    shape: fc.constantFrom(...CATALOG.filter(({ encoder, pooling }) => !encoder && !pooling)),
    maxModelLen: fc.integer({ min: 1, max: 40_960 }),
    maxNumSeqs: fc.integer({ min: 1, max: 300 }),
  });
  fc.assert(
    fc.property(asked, ({ shape, ...options }) => {
      const { reason } = kvCacheTerm(shape, servingOf(shape, options), 1);
      expect(reason).toContain(`${options.maxNumSeqs} sequences of ${options.maxModelLen}`);
      expect(reason).not.toContain("budget");
    }),
  );
});

test("an encoder keeps nothing, and a decoder that generates nothing keeps the prompts of a step", () => {
  const encoder = catalogShape("BAAI/bge-m3");
  const asked = { maxModelLen: 8192, maxNumSeqs: 16, maxNumBatchedTokens: 8192 };
  expect(kvCacheTerm(encoder, servingOf(encoder, asked), 1)).toMatchObject({ low: 0, best: 0, high: 0 });
  const decoder = catalogShape("Qwen/Qwen3-Embedding-8B");
  const page = 16 * 36 * 8 * 2 * 128 * 2;
  expect(kvCacheTerm(decoder, servingOf(decoder, asked), 1).best).toBe((2 * 512 + 1) * page);
});

test("SGLang sizes its pools by tokens alone, so layers with a window count in full", () => {
  const gemma = catalogShape("google/gemma-3-27b-it");
  const asked = { maxModelLen: 32_768, maxNumSeqs: 2, engine: "sglang" };
  expect(kvCacheTerm(gemma, servingOf(gemma, asked), 1).high).toBe(
    (2 * 2048 + 1) * 62 * 16 * 16 * 2 * 128 * 2,
  );
});

test("guessing tokens takes a layer more, or the layers of the draft model", () => {
  const shape = catalogShape("Qwen/Qwen3-32B");
  const asked = { maxModelLen: 4096, maxNumSeqs: 4 };
  const of = (speculative?: object): number =>
    kvCacheTerm(shape, servingOf(shape, { ...asked, ...(speculative && { speculative }) }), 1).best;
  const layer = (4 * 256 + 1) * 16 * 8 * 2 * 128 * 2;
  expect(of({ method: "eagle", tokens: 3, model: "a/head" }) - of()).toBe(layer);
  expect(of({ method: "draft", tokens: 3, model: "Qwen/Qwen3-0.6B" }) - of()).toBe(28 * layer);
});
