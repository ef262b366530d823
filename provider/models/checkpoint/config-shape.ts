import { UnreadableCheckpointError } from "../../errors.ts";
import type { LanguageModelConfig, ModelConfig } from "../../schema/model-config.ts";
import type { ArchitectureName } from "../../schema/model.ts";
import type { LinearAttention, ModelShape } from "../shape.ts";
import { checkpointPrecision } from "./config-precision.ts";

/** Families by their `model_type`; what is not here is taken for a Llama, which matters where tensors are not counted. */
const FAMILY: Readonly<Record<string, ArchitectureName>> = {
  qwen2: "qwen2",
  qwen3: "qwen3",
  qwen3_moe: "qwen3",
  qwen3_vl_text: "qwen3",
  qwen3_vl_moe_text: "qwen3",
  qwen3_next: "qwen3-next",
  qwen3_5_text: "qwen3-next",
  qwen3_5_moe_text: "qwen3-next",
  gemma2: "gemma2",
  gemma3_text: "gemma3",
  gpt_oss: "gpt-oss",
  deepseek_v3: "deepseek-v3",
  deepseek_v32: "deepseek-v3.2",
  glm4: "glm-4",
  glm4_moe: "glm-4.5",
  glm_moe_dsa: "glm-5",
  llama4_text: "llama4",
  kimi_k2: "kimi-k2",
  minimax_m2: "minimax-m2",
};

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
    throw new UnreadableCheckpointError(file, `has no ${name}: give the model's shape explicitly`);
  };
  const hidden = required("hidden_size", language.hidden_size);
  const heads = required("num_attention_heads", language.num_attention_heads);
  const layers = required("num_hidden_layers", language.num_hidden_layers);
  const experts = expertsOf(language);
  const precision = checkpointPrecision(config, language);
  const window = windowOf(language);
  const full = fullLayers(language, layers);
  const linear = linearOf(language, full, layers);
  return {
    id,
    architecture: FAMILY[language.model_type ?? ""] ?? "llama",
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
    ...(language.index_head_dim && { indexer: indexerOf(language.index_head_dim, language, layers) }),
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

/** Some layers use what the one before has picked. */
const indexerOf = (headDim: number, { indexer_types: types }: LanguageModelConfig, layers: number) => ({
  headDim,
  layers: types ? types.filter((type) => type !== "shared").length : layers,
});

function expertsOf(language: LanguageModelConfig): ModelShape["experts"] {
  const total = language.num_experts ?? language.num_local_experts ?? language.n_routed_experts;
  if (!total || total === 1) return undefined;
  const active = language.num_experts_per_tok ?? language.experts_per_token ?? total;
  return { count: total, active: Math.min(active, total) };
}

function windowOf(language: LanguageModelConfig): number | undefined {
  return language.use_sliding_window === false ? undefined : (language.sliding_window ?? undefined);
}

const every = (language: LanguageModelConfig): number | undefined =>
  language.sliding_window_pattern ??
  (language.model_type === "gemma3_text" && !language.layer_types ? GEMMA3_PATTERN : undefined);

/** Counted layer by layer where the config lists them. */
function fullLayers(language: LanguageModelConfig, layers: number): number | undefined {
  if (language.layer_types) return language.layer_types.filter((type) => type === "full_attention").length;
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
