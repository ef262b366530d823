import type { Bytes } from "../bytes.ts";
import type { Serving } from "../models/defaults.ts";
import type { MemoryEstimate } from "../models/estimate.ts";
import type { ModelShape } from "../models/shape.ts";
import { quantisedAtLoad } from "../models/warnings.ts";
import type { KvCacheDtype, Precision } from "../schema/model.ts";

export interface EngineInput {
  readonly shape: ModelShape;
  readonly serving: Serving;
  /** Of one rank. */
  readonly memory: MemoryEstimate;
  readonly tensorParallel: number;
  /** Of the smallest device the model is on. */
  readonly deviceCapacity: Bytes;
  /** Value of `--quantization`. @default "fp8" when vLLM has to make fp8 of 16-bit weights, else left to the checkpoint */
  readonly quantization?: string;
}

/** What the model computes in; a quantised checkpoint says it itself. */
const DTYPE: Readonly<Partial<Record<Precision, string>>> = {
  fp32: "float32",
  bf16: "bfloat16",
  fp16: "float16",
};

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
 * neighbours starting at the same time, is told. The model itself is not among them.
 */
export function engineArgs(input: EngineInput): readonly string[] {
  const { serving, memory, shape } = input;
  const quantization = input.quantization ?? (quantisedAtLoad(shape, memory.dtype) ? "fp8" : undefined);
  const flags: readonly (readonly [flag: string, value: string])[] = [
    ["--kv-cache-memory-bytes", `${memory.kvBytes}`],
    ["--gpu-memory-utilization", startupShare(memory, input.deviceCapacity)],
    ["--max-model-len", `${serving.maxModelLen}`],
    ["--max-num-seqs", `${serving.maxNumSeqs}`],
    ["--max-num-batched-tokens", `${serving.maxNumBatchedTokens}`],
    ["--tensor-parallel-size", `${input.tensorParallel}`],
    ["--kv-cache-dtype", KV_CACHE_DTYPE[serving.kvCacheDtype]],
    ["--dtype", DTYPE[serving.precision] ?? "auto"],
  ];
  return [...flags.flat(), ...(quantization === undefined ? [] : ["--quantization", quantization])];
}

/**
 * With the KV cache given in bytes, `--gpu-memory-utilization` is left with one effect: vLLM refuses to start when less
 * than this share of the device is free (`request_memory` in vllm/v1/worker/utils.py). It looks after the runtime and the
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
