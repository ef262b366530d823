import type { ArchitectureName } from "../../schema/architecture.ts";
import type { Architecture } from "./architecture.ts";

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
const LLAMA_4: Architecture = { ...PLAIN, sharedExperts: 1, windows: "chunks" };

/**
 * The families of the catalog. Each is proven by its models: shape and family together add up to the published number of
 * parameters to the last digit (test/models/shape/parameters.test.ts).
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
  // first_k_dense_replace, the dense intermediate_size and n_shared_experts of its params.json.
  "mistral-large-3": {
    ...DEEPSEEK,
    routerBias: "none",
    denseLayers: { count: 3, ffn: 16_384 },
    beyond: "vision",
  },
  // V2-Lite: queries are not compressed.
  "deepseek-v2": { ...PLAIN, sharedExperts: 2, denseLayers: { count: 1, ffn: 10_944 } },
  "deepseek-v4": { ...PLAIN, routerBias: "per-expert", sharedExperts: 1, beyond: "prediction" },
  "deepseek-ocr": { ...PLAIN, sharedExperts: 2, denseLayers: { count: 1, ffn: 6848 } },
  // q_lora_rank, v_head_dim, first_k_dense_replace and the dense intermediate_size of transformers' defaults.
  "glm-4.7-flash": {
    ...DEEPSEEK,
    queryLoraRank: 768,
    valueHeadDim: 256,
    denseLayers: { count: 1, ffn: 10_240 },
  },
  "glm-4-32b": { ...PLAIN, normsPerLayer: 4 },
  gemma3n: { ...PLAIN, normsPerLayer: 4, queryKeyNorm: "per-head", float16Refused: UNSTABLE },
  // The dense layer beside the experts of 26B-A4B is as wide as three of them.
  // E2B and E4B: what is loaded is larger than the checkpoint by the table of words, in I5 and, as a sum, in I4.
  "gemma4-small": { ...PLAIN, normsPerLayer: 4, queryKeyNorm: "per-head", tables: 2 },
  gemma4: { ...PLAIN, normsPerLayer: 4, queryKeyNorm: "per-head", sharedExperts: 3 },
  "phi-moe": { ...PLAIN, attentionBias: "all", normBias: true, beyond: "buffers" },
  olmo2: { ...PLAIN, queryKeyNorm: "per-layer" },
  cohere: { ...PLAIN, normsPerLayer: 1 },
  exaone4: { ...PLAIN, queryKeyNorm: "per-head" },
  opt: {
    ...PLAIN,
    attentionBias: "all",
    normBias: true,
    feedForward: "plain",
    feedForwardBias: true,
    positions: 2050,
  },
  // Positions, a token type, and in a published total the pooler.
  bert: {
    ...PLAIN,
    attentionBias: "all",
    normBias: true,
    feedForward: "plain",
    feedForwardBias: true,
    positions: 8195,
    beyond: "buffers",
  },
  starcoder2: {
    ...PLAIN,
    attentionBias: "all",
    normBias: true,
    feedForward: "plain",
    feedForwardBias: true,
  },
  // A layer is a mixer or a feed-forward; the shared expert is twice as wide as a routed one.
  "nemotron-h": {
    ...PLAIN,
    normsPerLayer: 1,
    feedForward: "plain",
    sharedExperts: 2,
    beyond: "prediction",
  },
  // shared_intermediate_size is twice the width of an expert.
  "granite-hybrid": { ...PLAIN, sharedExperts: 2 },
  granite: PLAIN,
  lfm2: { ...PLAIN, queryKeyNorm: "per-head" },
  "falcon-h1": { ...PLAIN, beyond: "buffers" },
  "kimi-linear": {
    ...PLAIN,
    routerBias: "per-expert",
    sharedExperts: 1,
    denseLayers: { count: 1, ffn: 9216 },
    beyond: "buffers",
  },
  "ernie-4.5": {
    ...PLAIN,
    routerBias: "per-expert",
    sharedExperts: 2,
    denseLayers: { count: 1, ffn: 12_288 },
    beyond: "buffers",
  },
  "hunyuan-moe": { ...PLAIN, queryKeyNorm: "per-head", sharedExperts: 1 },
  "ling-2": {
    ...PLAIN,
    queryKeyNorm: "per-head",
    routerBias: "per-expert",
    sharedExperts: 1,
    denseLayers: { count: 1, ffn: 9216 },
    beyond: "buffers",
  },
  "step-3.5": {
    ...PLAIN,
    queryKeyNorm: "per-head",
    routerBias: "per-expert",
    sharedExperts: 1,
    denseLayers: { count: 3, ffn: 11_264 },
    beyond: "prediction",
  },
  "mimo-v2": {
    ...PLAIN,
    routerBias: "per-expert",
    denseLayers: { count: 1, ffn: 16_384 },
    beyond: "prediction",
  },
  "minimax-m3": {
    ...PLAIN,
    queryKeyNorm: "per-head",
    routerBias: "per-expert",
    sharedExperts: 1,
    denseLayers: { count: 3, ffn: 12_288 },
    // sparse_num_index_heads and sparse_index_dim of its sparse_attention_config.
    indexer: { heads: 4, headDim: 128, layers: 57 },
    beyond: "prediction",
  },
  "minimax-text": { ...PLAIN, beyond: "buffers" },
};
