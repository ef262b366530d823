import type { ArchitectureName } from "../schema/model.ts";

/** What the shape columns do not say: how a family builds its layers. */
export interface Architecture {
  /** Vectors added after the projections: of queries, keys and values, or of those and the output. */
  readonly attentionBias: "none" | "query-key-value" | "all";
  /** Queries and keys are normalised per head. */
  readonly queryKeyNorm: "none" | "per-head";
  /** Norm vectors of `hidden` in each layer. */
  readonly normsPerLayer: 2 | 4;
  /** Learned attention sinks, one number per head and layer. */
  readonly sinks: "none" | "per-head";
  /** Numbers the router adds to its scores: one per expert and layer. */
  readonly routerBias: "none" | "per-expert";
  readonly expertBias: "none" | "all";
  /** Experts that see every token, besides those the router picks. */
  readonly sharedExperts: number;
  /** The first layers have one wide feed-forward layer instead of experts. */
  readonly denseLayers?: { readonly count: number; readonly ffn: number };
  /** Rank of the compressed queries in latent attention. */
  readonly queryLoraRank?: number;
  /**
   * What a published total holds beyond the language model, and whether tensor parallelism divides it. A vision tower is
   * counted in full on every rank, the cautious reading.
   */
  readonly beyond: "replicated" | "sharded";
  /** Why vLLM refuses to compute in float16 (`_FLOAT16_NOT_SUPPORTED_MODELS` in vllm/config/model.py). */
  readonly float16Refused?: string;
}

const PLAIN: Architecture = {
  attentionBias: "none",
  queryKeyNorm: "none",
  normsPerLayer: 2,
  sinks: "none",
  routerBias: "none",
  expertBias: "none",
  sharedExperts: 0,
  beyond: "replicated",
};

const UNSTABLE = "numerical instability";

/**
 * The families of the catalog. Each is proven by its models: shape and family together add up to the published number of
 * parameters to the last digit (test/models/parameters.test.ts).
 */
export const ARCHITECTURE: Readonly<Record<ArchitectureName, Architecture>> = {
  llama: PLAIN,
  qwen2: { ...PLAIN, attentionBias: "query-key-value" },
  qwen3: { ...PLAIN, queryKeyNorm: "per-head" },
  gemma2: { ...PLAIN, normsPerLayer: 4, float16Refused: UNSTABLE },
  gemma3: { ...PLAIN, normsPerLayer: 4, queryKeyNorm: "per-head", float16Refused: UNSTABLE },
  "gpt-oss": {
    ...PLAIN,
    attentionBias: "all",
    sinks: "per-head",
    routerBias: "per-expert",
    expertBias: "all",
  },
  // q_lora_rank, first_k_dense_replace, the dense intermediate_size and n_shared_experts of its config.json. What a
  // published total has beyond that is the layer for multi-token prediction.
  "deepseek-v3": {
    ...PLAIN,
    routerBias: "per-expert",
    sharedExperts: 1,
    denseLayers: { count: 3, ffn: 18_432 },
    queryLoraRank: 1536,
    beyond: "sharded",
  },
};
