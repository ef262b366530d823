import { model, ONE_RANK } from "./circumstances.ts";
import type { EngineLog } from "./engine-log.ts";

/** Start-up logs that say how many sequences of full length their cache holds, or what was loaded, and no total. */
export const CACHE_LOGS: readonly EngineLog[] = [
  {
    ...ONE_RANK,
    label: "K1",
    model: model("Qwen/Qwen3.5-0.8B"),
    card: "12 GB card",
    engine: "vLLM 0.2x",
    source:
      'a vLLM optimiser of KServe services, its test of a boot log: "GPU KV cache size: 407,013 tokens"',
    serving: { maxModelLen: 8192, maxNumSeqs: 256, maxNumBatchedTokens: 2048, prefixCaching: false },
    kvCache: 5.88,
    kvSequences: 49.68,
  },
  {
    ...ONE_RANK,
    label: "K2",
    model: model("Qwen/Qwen3.6-35B-A3B"),
    card: "Strix Halo",
    engine: "vLLM 0.2x",
    source: "catalog/builds of a benchmark of kyuz0/vllm-therock-gfx1151",
    serving: { maxModelLen: 131_072, maxNumSeqs: 256, maxNumBatchedTokens: 2048 },
    kvCache: 18.64,
    kvSequences: 7.06,
  },
  {
    ...ONE_RANK,
    label: "K3",
    model: model("LiquidAI/LFM2.5-1.2B-Instruct"),
    card: "16 GB card",
    engine: "vLLM 0.26.0",
    source: 'a judge\'s log of 2026-07-30: "GPU KV cache size: 2,324,244 tokens"',
    serving: { kvCacheDtype: "fp8", maxModelLen: 32_768, maxNumSeqs: 256, maxNumBatchedTokens: 1024 },
    kvCache: 13.33,
    kvSequences: 70.93,
  },
  {
    ...ONE_RANK,
    label: "K4",
    model: model("openai/gpt-oss-120b"),
    card: "H100 80 GB",
    engine: "vLLM 0.25.1",
    source:
      'record of a set-up of gpt-oss-120b, 2026-08-04: "Model loading took 61.29 GiB memory and 227.558701 seconds"',
    serving: { maxModelLen: 131_072, maxNumSeqs: 1024, maxNumBatchedTokens: 1024 },
    weights: 61.29,
    except: { weights: "0.5 GiB above its tensors: how Triton lays experts out on Hopper is not modelled" },
    kvCache: 10.52,
    kvSequences: 2.317,
  },
  {
    ...ONE_RANK,
    label: "K5",
    model: model("zai-org/GLM-5.1-FP8"),
    card: "H200",
    engine: "vLLM 0.19",
    tensorParallel: 8,
    source: "bisection of vLLM with GLM-5.1-FP8, commit 39ac640490ee (2026-05-19)",
    serving: { maxModelLen: 202_752, maxNumSeqs: 1024, maxNumBatchedTokens: 8192 },
    weights: 89.34,
    kvCache: 32.11,
    kvTokens: 344_192,
  },
];
