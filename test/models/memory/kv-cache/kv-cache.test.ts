import { expect, test } from "vitest";

import { KV_BLOCK_TOKENS } from "../../../../provider/models/memory/kv-cache/block-tokens.ts";
import { kvBlockTokens } from "../../../../provider/models/memory/kv-cache/block-tokens.ts";
import { kvBytesPerToken, kvCacheTerm } from "../../../../provider/models/memory/kv-cache/kv-cache.ts";
import { stateBytes } from "../../../../provider/models/memory/kv-cache/state.ts";
import { fullAttentionLayers } from "../../../../provider/models/shape/shape.ts";
import {
  catalogShape,
  GATED_DELTA,
  inGibibytes,
  LLAMA_8B,
  OPT_125M,
  QWEN3_NEXT,
  servingOf,
} from "../../shapes.ts";

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

test("layers that do not see all tokens form groups as large as the smallest kind, and the last group is padded", () => {
  const gemma = catalogShape("google/gemma-3-27b-it");
  expect(fullAttentionLayers(gemma)).toBe(10);
  const serving = servingOf(gemma, { maxModelLen: 131_072, maxNumSeqs: 4, maxNumBatchedTokens: 2048 });
  // 10 full layers are one group, 52 others are six groups of which the last has two layers.
  const page = 10 * 16 * 16 * 2 * 128 * 2;
  const window = Math.ceil((1023 + 2048) / 16) + 1;
  const blocks = 4 * (131_072 / 16 + 6 * window) + 1;
  expect(kvCacheTerm(gemma, serving, 1)).toMatchObject({ best: blocks * page, high: blocks * page });
  expect(kvCacheTerm(gemma, serving, 1).reason).toContain(
    "7 groups of 10 layers and pads them with 8 layers",
  );
  // A window that no layout comes with is not trusted.
  expect(fullAttentionLayers(catalogShape("mistralai/Mistral-7B-v0.1"))).toBe(32);
});

test("a context shorter than the window needs a block more than a full layer, because a window begins anywhere", () => {
  const gemma = catalogShape("google/gemma-3-27b-it");
  const term = kvCacheTerm(gemma, servingOf(gemma, { maxModelLen: 512, maxNumSeqs: 2 }), 1);
  expect(term.best).toBe((2 * (32 + 6 * 33) + 1) * 10 * 16 * 16 * 2 * 128 * 2);
});

test("one sequence alone needs what is in flight of two steps, without which vLLM does not start", () => {
  const gemma = catalogShape("google/gemma-3-27b-it");
  const options = { maxModelLen: 32_768, maxNumBatchedTokens: 2048 };
  const one = kvCacheTerm(gemma, servingOf(gemma, { ...options, maxNumSeqs: 1 }), 1);
  const group = 10 * 16 * 16 * 2 * 128 * 2;
  expect(one.high - one.best).toBe(6 * (2048 / 16) * group);
  const two = kvCacheTerm(gemma, servingOf(gemma, { ...options, maxNumSeqs: 2 }), 1);
  expect(two.high).toBe(two.best);
});

test("a layer that sees its chunk holds the chunk and what is in flight", () => {
  const scout = catalogShape("meta-llama/Llama-4-Scout-17B-16E-Instruct");
  const options = { maxModelLen: 131_072, maxNumSeqs: 2, maxNumBatchedTokens: 2048 };
  const blocks = 2 * (131_072 / 16 + 3 * ((8192 + 2048) / 16)) + 1;
  expect(kvCacheTerm(scout, servingOf(scout, options), 1).best).toBe(blocks * 12 * 16 * 8 * 2 * 128 * 2);
});

const { fullAttentionEvery: _, ...STATE } = GATED_DELTA;
const DELTA = { kind: "delta" as const, ...STATE };

test("a recurrent state is three inputs of the convolution and a matrix per value head, divided over the ranks", () => {
  const channels = 2 * 16 * 128 + 32 * 128;
  expect(stateBytes(DELTA, 2, 1)).toBe(channels * 3 * 2 + 32 * 128 * 128 * 2);
  expect(stateBytes({ ...DELTA, stateDtype: "fp32" }, 2, 1)).toBe(channels * 3 * 2 + 32 * 128 * 128 * 4);
  expect(stateBytes(DELTA, 2, 4)).toBe(stateBytes(DELTA, 2, 1) / 4);
});

test("R9: with recurrent states 95.26 GiB hold 31.31 sequences of 262144 tokens, as vLLM logged", () => {
  const options = { maxModelLen: 262_144, maxNumSeqs: 1, kvCacheDtype: "fp8", prefixCaching: false };
  expect(kvBlockTokens(QWEN3_NEXT, 1, 1)).toBe(1072);
  const term = kvCacheTerm(QWEN3_NEXT, servingOf(QWEN3_NEXT, options), 1);
  const emptyBlock = 12 * 1072 * 1024;
  const perSequence = term.best - emptyBlock;
  expect(Number(((95.26 * 1024 ** 3) / perSequence).toFixed(2))).toBe(31.31);
  expect(term.reason).toContain("36 of 48 layers keep 1097728 bytes of state per sequence instead");
});

const statesOf = (maxNumSeqs: number, prefixCaching?: boolean) =>
  kvCacheTerm(
    QWEN3_NEXT,
    servingOf(QWEN3_NEXT, {
      maxNumSeqs,
      kvCacheTokens: 8192,
      ...(prefixCaching !== undefined && { prefixCaching }),
    }),
    1,
  );

test("states are held by every sequence that runs, whatever the budget of tokens is, and twice with prefix caching", () => {
  const page = kvBlockTokens(QWEN3_NEXT, 2, 1) * 2 * 2 * 256 * 2;
  expect(statesOf(9, false).best - statesOf(8, false).best).toBe(36 * page);
  expect(statesOf(9).best - statesOf(8).best).toBe(2 * 36 * page);
  expect(statesOf(9).high).toBe(statesOf(9).best);
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
