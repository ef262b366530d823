import type { Bytes } from "../bytes.ts";
import type { MemoryEstimate } from "../models/memory/estimate.ts";
import { imagesPerPrompt } from "../models/memory/images.ts";
import { quantisedAtLoad } from "../models/shape/precision.ts";
import { sees } from "../models/shape/vision-towers.ts";
import type { Dtype, KvCacheDtype } from "../schema/precision.ts";
import { COMPUTE_DTYPE, type EngineInput } from "./engine-input.ts";

/** Formats that vLLM makes of 16-bit weights by itself, as `--quantization` names them (0.33.0, `_ONLINE_SHORTHANDS`). */
const QUANTISED_AT_LOAD: Readonly<Partial<Record<Dtype, string>>> = { fp8: "fp8_per_tensor" };

const KV_CACHE_DTYPE: Readonly<Record<KvCacheDtype, string>> = {
  auto: "auto",
  fp16: "float16",
  bf16: "bfloat16",
  fp8: "fp8",
  fp8_e4m3: "fp8_e4m3",
  fp8_e5m2: "fp8_e5m2",
};

/**
 * Flags of `vllm serve` that hold the engine to the estimate: what would otherwise be measured at start-up, with
 * neighbours starting at the same time, is told. The model itself is not among them, and neither is the quantisation of a
 * checkpoint, which vLLM reads from its config.json and refuses to be contradicted about.
 */
export function vllmArgs(input: EngineInput): readonly string[] {
  const { serving, memory, shape } = input;
  const quantization = quantisedAtLoad(shape, memory.dtype) ? QUANTISED_AT_LOAD[memory.dtype] : undefined;
  const flags: readonly (readonly [flag: string, value: string])[] = [
    // 0 would mean that vLLM measures by itself, and an encoder has no cache to be told of.
    ...(memory.kvBytes > 0 ? ([["--kv-cache-memory-bytes", `${memory.kvBytes}`]] as const) : []),
    ["--gpu-memory-utilization", startupShare(memory, input.deviceCapacity)],
    ["--max-model-len", `${serving.maxModelLen}`],
    ["--max-num-seqs", `${serving.maxNumSeqs}`],
    ["--max-num-batched-tokens", `${serving.maxNumBatchedTokens}`],
    ["--tensor-parallel-size", `${input.tensorParallel}`],
    ["--kv-cache-dtype", KV_CACHE_DTYPE[serving.kvCacheDtype]],
    ["--dtype", COMPUTE_DTYPE[serving.precision] ?? "auto"],
  ];
  return [
    ...flags.flat(),
    ...(quantization === undefined ? [] : ["--quantization", quantization]),
    ...servingFlags(input),
  ];
}

/** What was asked for beyond the limits, each only then; and for a model that sees, how much it may be shown. */
function servingFlags({ serving, shape }: EngineInput): readonly string[] {
  const { lora, speculative } = serving;
  const images = { image: imagesPerPrompt(serving), video: 0 };
  const guess = speculative && {
    method: GUESSING[speculative.method],
    num_speculative_tokens: speculative.tokens,
    ...(speculative.model !== undefined && { model: speculative.model }),
  };
  return [
    ...(sees(shape) ? ["--limit-mm-per-prompt", JSON.stringify(images)] : []),
    ...(lora
      ? ["--enable-lora", "--max-loras", `${lora.maxLoras}`, "--max-lora-rank", `${lora.maxLoraRank}`]
      : []),
    ...(guess ? ["--speculative-config", JSON.stringify(guess)] : []),
    ...(serving.expertParallel ? ["--enable-expert-parallel"] : []),
    ...(serving.prefixCaching === false ? ["--no-enable-prefix-caching"] : []),
    ...(serving.enforceEager ? ["--enforce-eager"] : []),
  ];
}

const GUESSING = { mtp: "mtp", eagle: "eagle", draft: "draft_model" } as const;

/**
 * With the KV cache given in bytes, `--gpu-memory-utilization` is left with one effect: vLLM refuses to start when less
 * than this share of the device is free (`request_memory` in vllm/v1/worker/utils.py). It reserves for the runtime and the
 * communication buffers have been allocated, so these are not part of it; and it is rounded down, because a share above
 * the claim would fail on a device that neighbours have filled to the byte.
 */
function startupShare(memory: MemoryEstimate, capacity: Bytes): string {
  const allocatedBefore = memory.terms
    .filter((term) => term.name === "runtime" || term.name === "communication")
    .reduce((sum, term) => sum + term.high, 0);
  const percent = Math.floor(((memory.high - allocatedBefore) / capacity) * 100);
  return (Math.min(Math.max(percent, 1), 100) / 100).toFixed(2);
}
