import { UnreadableCheckpointError } from "../../errors.ts";
import type { LanguageModelConfig, ModelConfig } from "../../schema/model-config.ts";
import type { LinearAttention, ModelShape } from "../shape/shape.ts";
import type { VisionTower } from "../shape/vision-towers.ts";
import { familyOf } from "./config-family.ts";
import { layerKindsOfConfig } from "./config-layers.ts";
import { checkpointPrecision } from "./config-precision.ts";

/** Gemma-3 counts every sixth layer as a full one when its config does not say (transformers' default). */
const GEMMA3_PATTERN = 6;

/**
 * The shape that a config.json states. Bytes and parameters are the headers' business.
 *
 * @throws UnreadableCheckpointError naming the field that is missing
 */
export function shapeOfConfig(id: string, file: string, config: ModelConfig): ModelShape {
  const language: LanguageModelConfig = config.text_config ?? config;
  const required = (name: keyof LanguageModelConfig, value: number | null | undefined): number => {
    if (typeof value === "number") return value;
    throw new UnreadableCheckpointError(file, `has no ${name}; give the shape of the model explicitly`);
  };
  const hidden = required("hidden_size", language.hidden_size);
  const heads = required("num_attention_heads", language.num_attention_heads);
  const layers = required("num_hidden_layers", language.num_hidden_layers);
  const experts = expertsOf(language);
  const { family, doubt } = familyOf(id, language.model_type ?? "");
  const kinds = layerKindsOfConfig(language, layers);
  const precision = checkpointPrecision(config, language);
  const window = windowOf(language);
  const full = fullLayers(language, layers);
  const linear = linearOf(language, full, layers);
  return {
    id,
    architecture: family,
    layers,
    hidden,
    heads,
    kvHeads: language.num_key_value_heads ?? heads,
    headDim: headDim(language, hidden, heads),
    ffn: required(
      "intermediate_size",
      (experts && language.moe_intermediate_size) ?? language.intermediate_size,
    ),
    ...(experts && { experts }),
    vocab: required("vocab_size", language.vocab_size),
    tied: language.tie_word_embeddings ?? config.tie_word_embeddings ?? false,
    ...optional("maxContext", language.max_position_embeddings),
    ...(window !== undefined && {
      slidingWindow: { window, ...optional("fullAttentionEvery", every(language)) },
    }),
    ...((window !== undefined || linear) && optional("fullAttentionLayers", full)),
    ...(language.kv_lora_rank &&
      language.qk_rope_head_dim && {
        mla: { kvLoraRank: language.kv_lora_rank, qkRopeDim: language.qk_rope_head_dim },
      }),
    ...(linear && { linearAttention: linear }),
    ...indexerOf(language, layers),
    ...(kinds && { layerKinds: kinds }),
    ...(bidirectional(language) && { encoder: true }),
    ...(config.vision_config && { visionTower: towerOf(config.vision_config) }),
    ...(doubt !== undefined && { doubts: [doubt] }),
    ...optional("nativeDtype", precision.dtype),
    ...optional("groupSize", precision.groupSize),
    ...optional("quantization", precision.method),
  };
}

const optional = <Name extends string, Value extends number | string>(
  name: Name,
  value: Value | null | undefined,
) =>
  (value === undefined || value === null ? {} : { [name]: value }) as Readonly<Partial<Record<Name, Value>>>;

/** Explicit, or with latent attention the part with positions and the one without. */
function headDim(language: LanguageModelConfig, hidden: number, heads: number): number {
  if (language.kv_lora_rank && language.qk_rope_head_dim) {
    return (language.qk_nope_head_dim ?? 0) + language.qk_rope_head_dim;
  }
  return language.head_dim ?? Math.floor(hidden / heads);
}

/** Layers that pick what they attend to keep a key for it; some use what the one before has picked. */
function indexerOf(language: LanguageModelConfig, layers: number): Pick<ModelShape, "indexer"> {
  const { index_head_dim: headDim, indexer_types: types, sparse_attention_config: sparse } = language;
  if (headDim && !language.compress_ratios) {
    return {
      indexer: { headDim, layers: types ? types.filter((type) => type !== "shared").length : layers },
    };
  }
  const chosen = sparse?.sparse_attention_freq?.filter((freq) => freq > 0).length ?? layers;
  return sparse?.sparse_index_dim ? { indexer: { headDim: sparse.sparse_index_dim, layers: chosen } } : {};
}

/** Families that attend in both directions, and decoders that were turned into encoders. */
const ENCODERS: ReadonlySet<string> = new Set(["bert", "roberta", "xlm-roberta", "modernbert", "nomic_bert"]);

const bidirectional = (language: LanguageModelConfig): boolean =>
  ENCODERS.has(language.model_type ?? "") ||
  language.use_bidirectional_attention === true ||
  language.use_bidirectional_attention === "all";

/** Image and patch of a tower whose config names none: 4096 pixels a side in patches of 16, four of which make a token. */
const LARGEST_SIDE = 4096;
const PATCH = 16;

function towerOf(vision: NonNullable<ModelConfig["vision_config"]>): VisionTower {
  const patches = Math.ceil((vision.image_size ?? LARGEST_SIDE) / (vision.patch_size ?? PATCH)) ** 2;
  const hidden = vision.hidden_size ?? 1152;
  return { hidden, ffn: vision.intermediate_size ?? 4 * hidden, patches, tokens: Math.ceil(patches / 4) };
}

function expertsOf(language: LanguageModelConfig): ModelShape["experts"] {
  const total =
    language.num_experts ??
    language.num_local_experts ??
    language.n_routed_experts ??
    language.moe_num_experts;
  if (!total || total === 1) return undefined;
  const active =
    language.num_experts_per_tok ??
    language.experts_per_token ??
    language.num_experts_per_token ??
    language.moe_k ??
    language.top_k_experts ??
    total;
  return { count: total, active: Math.min(active, total) };
}

function windowOf(language: LanguageModelConfig): number | undefined {
  if (language.attention_chunk_size && language.model_type?.startsWith("llama4"))
    return language.attention_chunk_size;
  return language.use_sliding_window === false ? undefined : (language.sliding_window ?? undefined);
}

const every = (language: LanguageModelConfig): number | undefined =>
  (typeof language.sliding_window_pattern === "number" ? language.sliding_window_pattern : undefined) ??
  (language.model_type === "gemma3_text" && !language.layer_types ? GEMMA3_PATTERN : undefined);

/** Counted layer by layer where the config lists them. */
function fullLayers(language: LanguageModelConfig, layers: number): number | undefined {
  if (language.layer_types) return language.layer_types.filter((type) => type === "full_attention").length;
  if (language.no_rope_layers?.length === layers) {
    return language.no_rope_layers.filter((chunked) => chunked === 0).length;
  }
  const letters = language.sliding_window_pattern;
  if (typeof letters === "string" && letters.length > 0) {
    return Array.from({ length: layers }, (_, at) => letters[at % letters.length]).filter(
      (letter) => letter === "G",
    ).length;
  }
  const interval = language.full_attention_interval;
  return interval ? Math.floor(layers / interval) : undefined;
}

function linearOf(
  language: LanguageModelConfig,
  full: number | undefined,
  layers: number,
): LinearAttention | undefined {
  const { linear_num_key_heads: keyHeads, linear_num_value_heads: valueHeads } = language;
  if (!keyHeads || !valueHeads || !full) return undefined;
  return {
    fullAttentionEvery: language.full_attention_interval ?? Math.round(layers / full),
    keyHeads,
    valueHeads,
    keyHeadDim: language.linear_key_head_dim ?? 128,
    valueHeadDim: language.linear_value_head_dim ?? 128,
    convKernel: language.linear_conv_kernel_dim ?? 4,
    ...(language.mamba_ssm_dtype === "float32" && { stateDtype: "fp32" as const }),
  };
}
