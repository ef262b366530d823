import type { MemoryTerm, TermName } from "../models/memory/memory-term.ts";
import { isGguf } from "../models/shape/gguf-types.ts";
import { quantisedAtLoad } from "../models/shape/precision.ts";
import type { KvCacheDtype } from "../schema/precision.ts";
import { COMPUTE_DTYPE, type EngineInput } from "./engine-input.ts";

/** There is no name for fp16: it is what "auto" gives a model that computes in it. */
const KV_CACHE_DTYPE: Readonly<Record<KvCacheDtype, string>> = {
  auto: "auto",
  fp16: "auto",
  bf16: "bfloat16",
  fp8: "fp8_e4m3",
  fp8_e4m3: "fp8_e4m3",
  fp8_e5m2: "fp8_e5m2",
};

/**
 * Flags of `sglang.launch_server` that hold it to the estimate; names of SGLang 0.5.23 (`srt/arg_groups/fields/`). The model
 * itself is not among them.
 */
export function sglangArgs(input: EngineInput): readonly string[] {
  const { serving, memory, shape, tensorParallel } = input;
  const flags: readonly (readonly [flag: string, value: string])[] = [
    ["--max-total-tokens", `${serving.kvCacheTokens}`],
    ["--mem-fraction-static", staticShare(memory.terms)],
    ["--context-length", `${serving.maxModelLen}`],
    ["--max-running-requests", `${serving.maxNumSeqs}`],
    ["--cuda-graph-max-bs-decode", `${serving.maxNumSeqs}`],
    ["--chunked-prefill-size", `${serving.maxNumBatchedTokens}`],
    ["--max-prefill-tokens", `${serving.maxNumBatchedTokens}`],
    ["--tensor-parallel-size", `${tensorParallel}`],
    ["--kv-cache-dtype", KV_CACHE_DTYPE[serving.kvCacheDtype]],
    ["--dtype", COMPUTE_DTYPE[serving.precision] ?? "auto"],
  ];
  const format = isGguf(memory.dtype)
    ? ["--load-format", "gguf", "--quantization", "gguf"]
    : quantisedAtLoad(shape, memory.dtype)
      ? ["--quantization", "fp8"]
      : [];
  return [...flags.flat(), ...format, ...servingFlags(input)];
}

function servingFlags({ serving: { lora, prefixCaching, enforceEager } }: EngineInput): readonly string[] {
  return [
    ...(lora
      ? [
          "--enable-lora",
          "--max-loras-per-batch",
          `${lora.maxLoras}`,
          "--max-lora-rank",
          `${lora.maxLoraRank}`,
        ]
      : []),
    ...(prefixCaching === false ? ["--disable-radix-cache"] : []),
    ...(enforceEager ? ["--disable-cuda-graph"] : []),
  ];
}

/**
 * SGLang leaves `1 - share` of what is free at its start to everything but weights and KV cache, and `--max-total-tokens` caps
 * the cache. So the share is that of the two in the claim: enough when nothing but the claim is free, and on an empty device
 * the cap keeps the cache from growing into it. What the runtime took is gone before SGLang measures.
 */
function staticShare(terms: readonly MemoryTerm[]): string {
  const sum = (names: readonly TermName[]): number =>
    terms.filter(({ name }) => names.includes(name)).reduce((total, term) => total + term.high, 0);
  const fixed = sum(["weights", "KV cache"]);
  const share = fixed / (fixed + sum(["activations", "graphs", "communication", "adapters", "extra"]));
  return (Math.ceil(share * 1000) / 1000).toFixed(3);
}
