import type { ArchitectureName } from "../schema/model.ts";

/** What the shape columns do not say: how a family builds its layers. */
export interface Architecture {
  /** Vectors added after the projections: of queries, keys and values, or of those and the output. */
  readonly attentionBias: "none" | "query-key-value" | "all";
  /** Queries and keys are normalised: per head, with one vector for all heads, or over all heads of a layer at once. */
  readonly queryKeyNorm: "none" | "per-head" | "per-layer";
  /** The output of attention is gated by a projection as wide as the queries. */
  readonly attentionGate: "none" | "per-query";
  /** Norm vectors of `hidden` in each layer. */
  readonly normsPerLayer: 2 | 4;
  /** Learned attention sinks, one number per head and layer. */
  readonly sinks: "none" | "per-head";
  /** Numbers the router adds to its scores: one per expert and layer. */
  readonly routerBias: "none" | "per-expert";
  readonly expertBias: "none" | "all";
  /** Experts that see every token, besides those the router picks. */
  readonly sharedExperts: number;
  /** The shared expert's output is scaled by a number that a vector of `hidden` makes of the token. */
  readonly sharedExpertGate: "none" | "per-token";
  /** So many layers, mostly the first, have one wide feed-forward layer instead of experts. */
  readonly denseLayers?: { readonly count: number; readonly ffn: number };
  /** Rank of the compressed queries in latent attention. */
  readonly queryLoraRank?: number;
  /** Width of a value head in latent attention. @default that of a key's part without positions */
  readonly valueHeadDim?: number;
  /** What picks the tokens of sparse attention, in so many layers; whole on every rank. */
  readonly indexer?: { readonly heads: number; readonly headDim: number; readonly layers: number };
  /**
   * What a published total holds beyond the language model. A vision tower is counted in full on every rank, the cautious
   * reading; a layer for multi-token prediction is divided, and loaded only for speculative decoding; buffers are small.
   */
  readonly beyond: "vision" | "prediction" | "buffers";
  /** Why vLLM refuses to compute in float16 (`_FLOAT16_NOT_SUPPORTED_MODELS` in vllm/config/model.py). */
  readonly float16Refused?: string;
}

const PLAIN: Architecture = {
  attentionBias: "none",
  queryKeyNorm: "none",
  attentionGate: "none",
  normsPerLayer: 2,
  sinks: "none",
  routerBias: "none",
  expertBias: "none",
  sharedExperts: 0,
  sharedExpertGate: "none",
  beyond: "vision",
};

const UNSTABLE = "numerical instability";

/** Multi-head latent attention with a router that is biased per expert, and one shared expert. */
const DEEPSEEK: Architecture = {
  ...PLAIN,
  routerBias: "per-expert",
  sharedExperts: 1,
  queryLoraRank: 1536,
  beyond: "prediction",
};

/** Ordinary attention with a router that is biased per expert, and one shared expert. */
const GLM_4_MOE: Architecture = {
  ...PLAIN,
  attentionBias: "query-key-value",
  routerBias: "per-expert",
  sharedExperts: 1,
  beyond: "prediction",
};

/** q_lora_rank, v_head_dim, first_k_dense_replace and the dense intermediate_size of GLM-5's config.json. */
const GLM_5: Architecture = {
  ...DEEPSEEK,
  queryLoraRank: 2048,
  valueHeadDim: 256,
  denseLayers: { count: 3, ffn: 12_288 },
};

/** Every expert layer has a shared expert; queries and keys are normalised without weights. */
const LLAMA_4: Architecture = { ...PLAIN, sharedExperts: 1 };

/**
 * The families of the catalog. Each is proven by its models: shape and family together add up to the published number of
 * parameters to the last digit (test/models/parameters.test.ts).
 */
export const ARCHITECTURE: Readonly<Record<ArchitectureName, Architecture>> = {
  llama: PLAIN,
  llama4: LLAMA_4,
  // interleave_moe_layer_step 2 and intermediate_size_mlp of Maverick's config.json: every second layer is a dense one.
  "llama4-interleaved": { ...LLAMA_4, denseLayers: { count: 24, ffn: 16_384 } },
  qwen2: { ...PLAIN, attentionBias: "query-key-value" },
  qwen3: { ...PLAIN, queryKeyNorm: "per-head" },
  "qwen3-next": {
    ...PLAIN,
    queryKeyNorm: "per-head",
    attentionGate: "per-query",
    sharedExperts: 1,
    sharedExpertGate: "per-token",
    beyond: "prediction",
  },
  // Where a published total has fp8 scales in it, they are what it has beyond the shape.
  "minimax-m2": { ...PLAIN, queryKeyNorm: "per-layer", routerBias: "per-expert", beyond: "buffers" },
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
  "deepseek-v3": { ...DEEPSEEK, denseLayers: { count: 3, ffn: 18_432 } },
  // index_n_heads, index_head_dim. The published total has the prediction layer with tables of its own.
  "deepseek-v3.2": {
    ...DEEPSEEK,
    denseLayers: { count: 3, ffn: 18_432 },
    indexer: { heads: 64, headDim: 128, layers: 61 },
  },
  "glm-4": { ...PLAIN, attentionBias: "query-key-value", normsPerLayer: 4 },
  // first_k_dense_replace and the dense intermediate_size. Where a published total has tables twice, the prediction layer's
  // are its own.
  "glm-4.5": { ...GLM_4_MOE, queryKeyNorm: "per-head", denseLayers: { count: 3, ffn: 12_288 } },
  "glm-4.5-air": { ...GLM_4_MOE, denseLayers: { count: 1, ffn: 10_944 } },
  "glm-5": { ...GLM_5, indexer: { heads: 32, headDim: 128, layers: 78 } },
  // Of its 78 layers 57 use the indexer of the one before ("shared" in indexer_types).
  "glm-5.2": { ...GLM_5, indexer: { heads: 32, headDim: 128, layers: 21 } },
  // A published total has a few buffers beyond the shape.
  "kimi-k2": { ...DEEPSEEK, denseLayers: { count: 1, ffn: 18_432 }, beyond: "buffers" },
};
