import { expect, test } from "vitest";

import { KV_BLOCK_TOKENS } from "../../provider/models/kv-blocks.ts";
import { kvBlockTokens, kvBytesPerToken, kvCacheTerm } from "../../provider/models/kv-cache.ts";
import { fullAttentionLayers } from "../../provider/models/layers.ts";
import { linearStateBytes } from "../../provider/models/linear-state.ts";
import {
  catalogShape,
  GATED_DELTA,
  inGibibytes,
  LLAMA_8B,
  OPT_125M,
  QWEN3_NEXT,
  servingOf,
} from "./shapes.ts";

const gibibytesOf = (tokens: number, bytesPerToken: number, digits = 2) =>
  inGibibytes(tokens * bytesPerToken, digits);

// Labels are those of docs/models.md: sizes that vLLM logged, to the digits it printed.
test.each([
  { label: "R1", shape: LLAMA_8B, tokens: 157_936, logged: 19.28 },
  { label: "R2", shape: LLAMA_8B, tokens: 37_696, logged: 4.6 },
  { label: "R3", shape: LLAMA_8B, tokens: 30_960, logged: 3.78 },
  { label: "R5", shape: OPT_125M, tokens: 37_011 * 16, logged: 20.33 },
  { label: "R6", shape: OPT_125M, tokens: 37_326 * 16, logged: 20.5 },
  { label: "R8", shape: catalogShape("Qwen/Qwen3-30B-A3B"), tokens: 262_144, logged: 24 },
  { label: "R8 (what fits)", shape: catalogShape("Qwen/Qwen3-30B-A3B"), tokens: 34_736, logged: 3.18 },
])("$label: $tokens tokens take $logged GiB", ({ shape, tokens, logged }) => {
  expect(gibibytesOf(tokens, kvBytesPerToken(shape, 2, 1))).toBe(logged);
  // The same through the estimate, with the block that vLLM keeps empty taken out of the budget.
  const oneSequence = { maxModelLen: 2048, maxNumSeqs: 1024, maxNumBatchedTokens: 1024 };
  const serving = servingOf(shape, { ...oneSequence, kvCacheTokens: tokens - KV_BLOCK_TOKENS });
  expect(inGibibytes(kvCacheTerm(shape, serving, 1).high)).toBe(logged);
});

test.each([
  ["meta-llama/Llama-3.1-8B", 1, 131_072],
  ["meta-llama/Llama-3.1-8B", 8, 16_384],
  // More ranks than key and value heads hold copies: it does not get smaller.
  ["meta-llama/Llama-3.1-8B", 16, 16_384],
  // R12 logs 1.1 % more than this.
  ["Qwen/Qwen3-235B-A22B", 4, 48_128],
  ["Qwen/Qwen3-235B-A22B", 16, 48_128],
  // Latent attention: the same on every rank.
  ["deepseek-ai/DeepSeek-V3", 1, 70_272],
  ["deepseek-ai/DeepSeek-V3", 8, 70_272],
  ["openai/gpt-oss-20b", 1, 49_152],
])("a token of %s on one of %d ranks takes %d bytes", (id, tensorParallel, expected) => {
  expect(kvBytesPerToken(catalogShape(id), 2, tensorParallel)).toBe(expected);
  expect(kvBytesPerToken(catalogShape(id), 1, tensorParallel)).toBe(expected / 2);
});

const threeSequencesOf = (maxModelLen: number) =>
  kvCacheTerm(LLAMA_8B, servingOf(LLAMA_8B, { maxModelLen, maxNumSeqs: 3 }), 1);

test("sequences are rounded up to blocks of 16, and one block more is kept empty", () => {
  expect(threeSequencesOf(16).high).toBe((3 * 1 + 1) * 16 * 131_072);
  expect(threeSequencesOf(17).high).toBe((3 * 2 + 1) * 16 * 131_072);
  expect(threeSequencesOf(17)).toMatchObject({
    low: threeSequencesOf(17).high,
    best: threeSequencesOf(17).high,
    calibrated: true,
  });
});

const budgetOf = (kvCacheTokens: number) =>
  kvCacheTerm(LLAMA_8B, servingOf(LLAMA_8B, { maxModelLen: 1024, maxNumSeqs: 4, kvCacheTokens }), 1).high;

test("a budget of tokens takes the place of the guarantee, but never below one sequence or above all of them", () => {
  expect(budgetOf(2000)).toBe((2000 / 16 + 1) * 16 * 131_072);
  expect(budgetOf(1024)).toBe((1024 / 16 + 1) * 16 * 131_072);
  expect(budgetOf(1_000_000)).toBe((4096 / 16 + 1) * 16 * 131_072);
});

test("sliding layers count in full at the upper bound, with their window in the best guess", () => {
  const gemma = catalogShape("google/gemma-3-27b-it");
  expect(fullAttentionLayers(gemma)).toBe(10);
  const serving = servingOf(gemma, { maxModelLen: 131_072, maxNumSeqs: 1, maxNumBatchedTokens: 2048 });
  const layer = 16 * 16 * 2 * 128 * 2;
  const [low, best, high] = [
    10 * 8192 + 52 * (1024 / 16 + 1) + 62,
    10 * 8192 + 52 * (Math.ceil((1023 + 2048) / 16) + 1) + 62,
    62 * 8192 + 62,
  ].map((blocks) => blocks * layer);
  expect(kvCacheTerm(gemma, serving, 1)).toMatchObject({ low, best, high });
  // A window that no layout comes with is not trusted.
  expect(fullAttentionLayers(catalogShape("mistralai/Mistral-7B-v0.1"))).toBe(32);
});

test("a context shorter than the window gains nothing from it", () => {
  const gemma = catalogShape("google/gemma-3-27b-it");
  const term = kvCacheTerm(gemma, servingOf(gemma, { maxModelLen: 512, maxNumSeqs: 2 }), 1);
  expect(term.best).toBe(term.high);
});

test("a recurrent state is three inputs of the convolution and a matrix per value head, divided over the ranks", () => {
  const channels = 2 * 16 * 128 + 32 * 128;
  expect(linearStateBytes(GATED_DELTA, 2, 1)).toBe(channels * 3 * 2 + 32 * 128 * 128 * 2);
  expect(linearStateBytes({ ...GATED_DELTA, stateDtype: "fp32" }, 2, 1)).toBe(
    channels * 3 * 2 + 32 * 128 * 128 * 4,
  );
  expect(linearStateBytes(GATED_DELTA, 2, 4)).toBe(linearStateBytes(GATED_DELTA, 2, 1) / 4);
});

test("R9: with recurrent states 95.26 GiB hold 31.31 sequences of 262144 tokens, as vLLM logged", () => {
  const options = { maxModelLen: 262_144, maxNumSeqs: 1, kvCacheDtype: "fp8" };
  expect(kvBlockTokens(QWEN3_NEXT, 1, 1)).toBe(1072);
  const term = kvCacheTerm(QWEN3_NEXT, servingOf(QWEN3_NEXT, options), 1);
  const emptyBlocks = 48 * 1072 * 1024;
  const perSequence = term.best - emptyBlocks;
  expect(Number(((95.26 * 1024 ** 3) / perSequence).toFixed(2))).toBe(31.31);
  expect(term.reason).toContain("36 of 48 layers hold 1097728 bytes of state per sequence instead");
});

const statesOf = (maxNumSeqs: number) =>
  kvCacheTerm(QWEN3_NEXT, servingOf(QWEN3_NEXT, { maxNumSeqs, kvCacheTokens: 8192 }), 1);

test("states are held by every sequence that runs, whatever the budget of tokens is, and twice in the upper bound", () => {
  const page = kvBlockTokens(QWEN3_NEXT, 2, 1) * 2 * 2 * 256 * 2;
  expect(statesOf(9).best - statesOf(8).best).toBe(36 * page);
  expect(statesOf(9).high - statesOf(8).high).toBe(2 * 36 * page);
});

test("sparse attention's indexer keeps a key per token: 128 bytes and a scale, in every layer that has one", () => {
  expect(kvBytesPerToken(catalogShape("deepseek-ai/DeepSeek-V3.2"), 2, 8)).toBe(61 * (576 * 2 + 132));
  // An fp8 cache does not make it smaller.
  expect(kvBytesPerToken(catalogShape("deepseek-ai/DeepSeek-V3.2"), 1, 1)).toBe(61 * (576 + 132));
  expect(kvBytesPerToken(catalogShape("zai-org/GLM-5.2"), 2, 1)).toBe(78 * 576 * 2 + 21 * 132);
  const term = kvCacheTerm(
    catalogShape("zai-org/GLM-5"),
    servingOf(catalogShape("zai-org/GLM-5"), { maxModelLen: 160, maxNumSeqs: 1 }),
    1,
  );
  expect(term.high).toBe(11 * 16 * 78 * (576 * 2 + 132));
});
