import { shapeOfSpec } from "../../../provider/models/shape.ts";
import { modelSpecSchema } from "../../../provider/schema/model.ts";
import { LARGE_BATCH, model, ONE_RANK, SMALL_BATCH } from "./circumstances.ts";
import type { EngineLog } from "./engine-log.ts";

/** Its layers have two matrices instead of three, so its parameters are given. */
const OPT = shapeOfSpec(
  modelSpecSchema.parse({
    name: "facebook/opt-125m",
    layers: 12,
    hidden: 768,
    heads: 12,
    ffn: 3072,
    vocab: 50_272,
    tied: true,
    params: 125_239_296,
    maxContext: 2048,
    dtype: "fp16",
  }),
);

const OPT_BATCH = { ...SMALL_BATCH, maxModelLen: 2048 } as const;

/** One rank of several on cards without a link of their own loads 0.16 to 0.19 GiB that no tensor explains. */
const TWO_RANKS_EXCESS =
  "two ranks on PCIe cards loaded 0.16 to 0.19 GiB that no tensor explains; two ranks of R7 did not";

/** Logs of everything that is no Llama of 8 B. */
export const OTHER_LOGS: readonly EngineLog[] = [
  {
    ...ONE_RANK,
    label: "R5",
    model: OPT,
    card: "24 GB card",
    platform: "ROCm",
    engine: "vLLM V0, ROCm 6.3.1",
    source: "ServerlessLLM/ServerlessLLM docs/stable/store/rocm_quickstart.md (2025-06)",
    serving: OPT_BATCH,
    weights: 0.2363,
    outsideTorch: 0.53,
    activations: 0.49,
    graphs: 0.13,
    kvCache: 20.33,
    kvTokens: 37_011 * 16,
    total: 21.59,
    fitted: ["runtime", "graphs"],
    fittedBounds: ["copies of the logits"],
    except: { weights: "0.0027 GiB, of a model of 0.23, is 1.1 %: allocations are rounded up" },
  },
  {
    ...ONE_RANK,
    label: "R6",
    model: OPT,
    card: "24 GB card",
    platform: "ROCm",
    engine: "vLLM V0, ROCm",
    source: "ServerlessLLM/ServerlessLLM, the same page in its version of 2025-03",
    serving: OPT_BATCH,
    outsideTorch: 0.62,
    activations: 0.46,
    kvCache: 20.5,
    kvTokens: 37_326 * 16,
    // The sum; the weights are those of R5.
    total: 21.82,
    fittedBounds: ["runtime", "copies of the logits"],
  },
  {
    ...ONE_RANK,
    label: "R8",
    model: model("Qwen/Qwen3-Coder-30B-A3B-Instruct"),
    card: "24 GB card",
    engine: "vLLM V1",
    source: "vllm-project/vllm#34076",
    serving: { ...SMALL_BATCH, maxModelLen: 262_144 },
    kvCache: 24,
    kvTokens: 262_144,
  },
  {
    ...ONE_RANK,
    label: "R9",
    model: model("Qwen/Qwen3-Coder-Next-FP8"),
    card: "MI300X",
    platform: "ROCm",
    engine: "vLLM 0.17.1, ROCm 7.2",
    source: "SRKRZ23/repomind@3faa7952 slides/DROPLET_SESSION.md, benchmarks/2026-05-05-mi300x-smoke-test",
    // Its command names neither batch limit: on a card of 70 GiB or more a server takes 8192 tokens of 1024 sequences.
    serving: {
      kvCacheDtype: "fp8",
      maxModelLen: 262_144,
      maxNumSeqs: 1024,
      maxNumBatchedTokens: 8192,
    },
    weights: 77.29,
    kvCache: 95.26,
    // 31.31 sequences of the full length. The line "GPU KV cache size" is derived and counts all 48 layers (vllm#51041).
    kvTokens: Math.floor(31.31 * 262_144),
    // Peak of the whole card, 0.92 of which are the engine's.
    total: 176.6,
    totalHoldsGraphs: true,
    except: {
      weights:
        "vLLM 0.17.1 counts on ROCm all that the device has in use after loading, also what PyTorch's allocator keeps",
    },
  },
  {
    ...ONE_RANK,
    label: "R10",
    model: model("openai/gpt-oss-20b"),
    card: "A100 80 GB",
    engine: "vLLM 0.19.0",
    source: "myoceane.fr, ai-vllm-a100-gemma-4",
    serving: LARGE_BATCH,
    weights: 13.72,
    kvCache: 36.56,
    fitted: ["mxfp4 layout"],
    except: { kvCache: "tokens are not in the log" },
  },
  {
    ...ONE_RANK,
    label: "R11",
    model: model("Qwen/Qwen2.5-14B"),
    card: "RTX 4090 24 GB",
    engine: "vLLM V0",
    source: "vllm-project/vllm#13061 (R1-Distill-Qwen-14B)",
    tensorParallel: 2,
    serving: { ...SMALL_BATCH, maxModelLen: 131_072 },
    weights: 13.9476,
    outsideTorch: 0.25,
    activations: 0.19,
    kvCache: 8.69,
    total: 23.08,
    fittedBounds: ["communication", "weights on several ranks"],
    except: { weights: TWO_RANKS_EXCESS },
  },
  {
    ...ONE_RANK,
    label: "R12",
    model: model("Qwen/Qwen3-235B-A22B"),
    card: "H100 80 GB",
    engine: "vLLM V1",
    source: "vllm-project/vllm#21348",
    tensorParallel: 4,
    serving: { ...LARGE_BATCH, maxModelLen: 40_960 },
    kvCache: 8.11,
    kvTokens: 178_880,
    except: {
      kvCache:
        "1.1 % fewer tokens than 48,128 B allow, with a KV connector; SGLang in the same thread comes to 48,105 B",
    },
  },
  {
    ...ONE_RANK,
    label: "R13",
    model: model("Qwen/Qwen2.5-0.5B"),
    card: "A100 40 GB",
    engine: "vLLM V1, eager",
    source: "ovg-project/kvcached pull 448",
    serving: SMALL_BATCH,
    weights: 0.93,
    outsideTorch: 0.11,
    activations: 0.59,
    // Not printed there: what is left of 36.33.
    kvCache: 34.7,
    total: 36.33,
    fitted: ["copies of the logits"],
    except: { weights: "printed to 1 % of so small a model" },
  },
  {
    ...ONE_RANK,
    label: "R14",
    model: model("MiniMaxAI/MiniMax-M2.5"),
    card: "MI300X",
    platform: "ROCm",
    engine: "vLLM 0.17.1",
    source: "vllm-project/recipes pull 273 (MiniMax-M2)",
    tensorParallel: 2,
    serving: { ...LARGE_BATCH, maxModelLen: 196_608 },
    weights: 109,
    kvTokens: 497_600,
    except: { weights: 'printed as "109 GB VRAM", whole numbers of a unit that is not said' },
  },
  {
    ...ONE_RANK,
    label: "R15",
    model: model("Qwen/Qwen2.5-32B"),
    card: "L40S 48 GB",
    engine: "vLLM V0",
    source: "vllm-project/vllm#15815",
    tensorParallel: 2,
    // One step holds the whole sequence: chunked prefill is off.
    serving: { maxModelLen: 10_000, maxNumSeqs: 256, maxNumBatchedTokens: 10_000 },
    weights: 30.7098,
    outsideTorch: 0.3,
    activations: 1.26,
    kvCache: 7.71,
    kvTokens: 3947 * 16,
    total: 39.98,
    except: { weights: TWO_RANKS_EXCESS },
  },
];
