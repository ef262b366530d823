import { expect, test } from "vitest";

import { bytes } from "../../provider/bytes.ts";
import { lookupModel } from "../../provider/models/catalog/catalog.ts";
import { estimateMemory } from "../../provider/models/memory/estimate.ts";
import { resolveServing } from "../../provider/models/memory/serving.ts";
import { vllmArgs } from "../../provider/render/vllm.ts";
import { servingSchema } from "../../provider/schema/serving.ts";
import { MI300X_CPX_CAPACITY, MI300X_MEMORY } from "../support/mi300x.ts";

function flagsOf(id: string, options: object, tensorParallel = 1, deviceCapacity = MI300X_CPX_CAPACITY) {
  const lookup = lookupModel(id);
  if (!lookup.ok) throw new Error(lookup.error);
  const serving = resolveServing(lookup.model, servingSchema.parse(options));
  const result = estimateMemory(lookup.model, serving, tensorParallel);
  if (!result.ok) throw new Error(result.error);
  const memory = result.estimate;
  const argv = vllmArgs({ shape: lookup.model, serving, memory, tensorParallel, deviceCapacity });
  const pairs = argv.flatMap((flag, at) => (at % 2 === 0 ? [[flag, argv[at + 1] ?? ""] as const] : []));
  return { argv, memory, flags: new Map(pairs) };
}

test("every limit the estimate rests on is told to the engine", () => {
  const { argv, memory } = flagsOf("meta-llama/Llama-3.1-8B", { precision: "fp16", maxNumSeqs: 4 });
  // 4 x 512 blocks of 16 tokens and the empty one, 131072 bytes a token.
  expect(memory.kvBytes).toBe((4 * 512 + 1) * 16 * 131_072);
  expect(argv).toEqual([
    "--kv-cache-memory-bytes",
    "4297064448",
    "--gpu-memory-utilization",
    "0.82",
    "--max-model-len",
    "8192",
    "--max-num-seqs",
    "4",
    "--max-num-batched-tokens",
    "2048",
    "--tensor-parallel-size",
    "1",
    "--kv-cache-dtype",
    "auto",
    "--dtype",
    "float16",
  ]);
});

test("vLLM is told to quantise only when it has to: not for an fp8 checkpoint, not for int4", () => {
  expect(flagsOf("meta-llama/Llama-3.1-8B", { precision: "fp8" }).flags.get("--quantization")).toBe(
    "fp8_per_tensor",
  );
  expect(flagsOf("meta-llama/Llama-3.1-8B", { precision: "int4" }).flags.has("--quantization")).toBe(false);
  const deepseek = flagsOf("deepseek-ai/DeepSeek-V3", {}, 8, MI300X_MEMORY);
  expect(deepseek.flags.has("--quantization")).toBe(false);
  expect(deepseek.flags.get("--dtype")).toBe("auto");
});

const kvCacheFlag = (kvCacheDtype: string) =>
  flagsOf("Qwen/Qwen3-8B", { kvCacheDtype }).flags.get("--kv-cache-dtype");

test("the KV cache's type goes by vLLM's names", () => {
  expect(["auto", "fp16", "bf16", "fp8", "fp8_e5m2"].map(kvCacheFlag)).toEqual([
    "auto",
    "float16",
    "bfloat16",
    "fp8",
    "fp8_e5m2",
  ]);
});

test("vLLM's check of free memory at start passes whenever what is claimed is free", () => {
  for (const options of [{ maxNumSeqs: 1 }, { maxNumSeqs: 6 }, { maxNumSeqs: 3, maxModelLen: 1000 }]) {
    const { flags, memory } = flagsOf("meta-llama/Llama-3.1-8B", options);
    const wanted = Number(flags.get("--gpu-memory-utilization")) * MI300X_CPX_CAPACITY;
    const runtime = memory.terms.find(({ name }) => name === "runtime")?.high ?? bytes(0);
    expect(wanted).toBeLessThanOrEqual(memory.high - runtime);
    expect(wanted).toBeGreaterThan(memory.high - runtime - 0.01 * MI300X_CPX_CAPACITY);
  }
  expect(
    flagsOf("Qwen/Qwen2.5-0.5B", { maxNumSeqs: 1 }, 1, MI300X_MEMORY).flags.get("--gpu-memory-utilization"),
  ).toBe("0.01");
});
