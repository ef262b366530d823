import { expect, test } from "vitest";

import { CATALOG } from "../../../provider/models/catalog/catalog-data.ts";
import { legalTensorParallel, quantisationLayout } from "../../../provider/models/memory/tensor-parallel.ts";
import { shapeOf } from "../../support/catalog-shape.ts";
import { GATED_DELTA, QWEN3_NEXT } from "../shapes.ts";

const LEGAL: readonly (readonly [legal: readonly number[], ids: readonly string[]])[] = [
  [
    [1, 2, 4, 8, 16],
    [
      "meta-llama/Llama-3.1-8B",
      "meta-llama/Llama-3.1-70B",
      "meta-llama/Llama-3.1-405B",
      "meta-llama/Llama-3.2-1B",
      "mistralai/Mistral-7B-v0.3",
      "mistralai/Mixtral-8x7B-v0.1",
      "mistralai/Mixtral-8x22B-v0.1",
      "Qwen/Qwen2.5-3B",
      "Qwen/Qwen2.5-72B",
      "Qwen/Qwen3-0.6B",
      "Qwen/Qwen3-1.7B",
      "Qwen/Qwen3-4B",
      "Qwen/Qwen3-8B",
      "Qwen/Qwen3-32B",
      "Qwen/Qwen3-30B-A3B",
      "Qwen/Qwen3-235B-A22B",
      "google/gemma-2-9b",
      "google/gemma-2-27b",
      "google/gemma-3-12b-it",
      "google/gemma-3-27b-it",
      "microsoft/Phi-3-mini-4k-instruct",
      "deepseek-ai/DeepSeek-V3",
      "openai/gpt-oss-20b",
      "openai/gpt-oss-120b",
    ],
  ],
  [
    [1, 2, 4, 8],
    [
      "meta-llama/Llama-3.2-3B",
      "Qwen/Qwen2.5-14B",
      "Qwen/Qwen2.5-32B",
      "Qwen/Qwen3-14B",
      "google/gemma-2-2b",
      "google/gemma-3-4b-it",
      "microsoft/Phi-4-mini-instruct",
    ],
  ],
  [
    [1, 2, 4],
    ["Qwen/Qwen2.5-1.5B", "Qwen/Qwen2.5-7B", "google/gemma-3-1b-it"],
  ],
  // 40 heads and 10 key and value heads allow 5 and 10 as well, but the padded vocabulary of 100352 does not.
  [
    [1, 2],
    ["Qwen/Qwen2.5-0.5B", "microsoft/phi-4"],
  ],
];

test.each(LEGAL.flatMap(([legal, ids]) => ids.map((id) => [id, legal] as const)))(
  "%s can be divided by %j",
  (id, legal) => {
    expect(legalTensorParallel(shapeOf(id), "none")).toEqual(legal);
  },
);

const BLOCK_FP8: readonly (readonly [legal: readonly number[], ids: readonly string[]])[] = [
  [[1], ["Qwen/Qwen2.5-72B"]],
  [
    [1, 2],
    ["Qwen/Qwen2.5-1.5B", "Qwen/Qwen2.5-3B", "Qwen/Qwen3-30B-A3B", "google/gemma-3-1b-it"],
  ],
  [
    [1, 2, 4],
    ["Qwen/Qwen2.5-14B", "Qwen/Qwen3-4B", "Qwen/Qwen3-235B-A22B"],
  ],
  [
    [1, 2, 4, 8],
    ["Qwen/Qwen3-0.6B", "Qwen/Qwen3-32B", "google/gemma-3-12b-it", "google/gemma-3-27b-it"],
  ],
  [
    [1, 2, 4, 8, 16],
    ["deepseek-ai/DeepSeek-V3", "meta-llama/Llama-3.1-8B"],
  ],
];

test.each(BLOCK_FP8.flatMap(([legal, ids]) => ids.map((id) => [id, legal] as const)))(
  "%s in blocks of fp8 can be divided by %j",
  (id, legal) => {
    expect(legalTensorParallel(shapeOf(id), "block-fp8")).toEqual(legal);
  },
);

test("one device is always legal", () => {
  expect(CATALOG.filter((model) => !legalTensorParallel(model, "block-fp8").includes(1))).toEqual([]);
});

test("only a checkpoint in fp8 has blocks: fp8 made while loading has one scale per tensor", () => {
  expect(quantisationLayout(shapeOf("deepseek-ai/DeepSeek-V3"), "fp8")).toBe("block-fp8");
  expect(quantisationLayout(shapeOf("Qwen/Qwen2.5-72B"), "fp8")).toBe("none");
  expect(quantisationLayout(shapeOf("Qwen/Qwen2.5-72B"), "int4")).toBe("group-int4");
  expect(quantisationLayout(shapeOf("Qwen/Qwen2.5-72B"), "bf16")).toBe("none");
});

test("heads of recurrent states divide as well", () => {
  expect(legalTensorParallel(QWEN3_NEXT, "none")).toEqual([1, 2, 4, 8, 16]);
  const odd = { ...QWEN3_NEXT, linearAttention: { ...GATED_DELTA, keyHeads: 12 } };
  expect(legalTensorParallel(odd, "none")).toEqual([1, 2, 4]);
});
