import { z } from "zod";

/*
 * config.json of a checkpoint, in the words of transformers. It is written by many hands: fields nobody needs are ignored,
 * and null means absent.
 */
const count = z.number().int().positive().max(Number.MAX_SAFE_INTEGER).nullish();
const text = z.string().max(256).nullish();
const layerNames = z.array(z.string().max(64)).max(4096).nullish();
const layerNumbers = z.array(z.number().int()).max(4096).nullish();

const quantizationSchema = z.looseObject({
  quant_method: text,
  bits: count,
  group_size: z.number().int().nullish(),
  format: text,
  quant_algo: text,
  load_in_4bit: z.boolean().nullish(),
  load_in_8bit: z.boolean().nullish(),
  /** Quark: what every layer is held in that `layer_quant_config` does not name. */
  global_quant_config: z
    .looseObject({
      weight: z.looseObject({ dtype: text, qscheme: text, group_size: z.number().int().nullish() }).nullish(),
    })
    .nullish(),
  config_groups: z
    .record(
      z.string(),
      z.looseObject({
        weights: z
          .looseObject({
            num_bits: count,
            type: text,
            group_size: z.number().int().nullish(),
          })
          .nullish(),
      }),
    )
    .nullish(),
});

const languageModelSchema = z.looseObject({
  model_type: text,
  num_hidden_layers: count,
  hidden_size: count,
  num_attention_heads: count,
  num_key_value_heads: count,
  head_dim: count,
  intermediate_size: count,
  moe_intermediate_size: count,
  num_experts: count,
  num_local_experts: count,
  n_routed_experts: count,
  num_experts_per_tok: count,
  experts_per_token: count,
  num_experts_per_token: count,
  moe_num_experts: count,
  moe_k: count,
  top_k_experts: count,
  vocab_size: count,
  tie_word_embeddings: z.boolean().nullish(),
  max_position_embeddings: count,
  sliding_window: count,
  use_sliding_window: z.boolean().nullish(),
  /** One layer in this many is full; or letters, "LLLG". */
  sliding_window_pattern: z.union([count, z.string().max(64)]).nullish(),
  layer_types: layerNames,
  /** Chunked attention (Llama-4): 1 for a layer that sees its chunk alone. */
  attention_chunk_size: count,
  no_rope_layers: layerNumbers,
  /** Layers by kind, in the words of each family. */
  hybrid_override_pattern: z.string().max(4096).nullish(),
  hybrid_layer_pattern: layerNumbers,
  attn_type_list: layerNumbers,
  compress_ratios: layerNumbers,
  full_attn_idxs: layerNumbers,
  linear_attn_config: z
    .looseObject({
      full_attn_layers: layerNumbers,
      head_dim: count,
      num_heads: count,
      short_conv_kernel_size: count,
    })
    .nullish(),
  sparse_attention_config: z
    .looseObject({ sparse_index_dim: count, sparse_attention_freq: layerNumbers })
    .nullish(),
  num_kv_shared_layers: z.number().int().nonnegative().nullish(),
  global_head_dim: count,
  num_global_key_value_heads: count,
  attention_k_eq_v: z.boolean().nullish(),
  v_head_dim: count,
  swa_num_key_value_heads: count,
  swa_head_dim: count,
  swa_v_head_dim: count,
  q_lora_rank: count,
  conv_L_cache: count,
  conv_kernel: count,
  mamba_num_heads: count,
  mamba_head_dim: count,
  n_groups: count,
  ssm_state_size: count,
  mamba_ssm_cache_dtype: text,
  mamba_n_heads: count,
  mamba_d_head: z.union([count, z.string().max(16)]).nullish(),
  mamba_d_ssm: count,
  mamba_d_state: count,
  mamba_d_conv: count,
  mamba_n_groups: count,
  use_bidirectional_attention: z.union([z.boolean(), z.string().max(16)]).nullish(),
  full_attention_interval: count,
  kv_lora_rank: count,
  qk_rope_head_dim: count,
  qk_nope_head_dim: count,
  index_head_dim: count,
  indexer_types: z.array(z.string().max(64)).max(4096).nullish(),
  linear_num_key_heads: count,
  linear_num_value_heads: count,
  linear_key_head_dim: count,
  linear_value_head_dim: count,
  linear_conv_kernel_dim: count,
  mamba_ssm_dtype: text,
  torch_dtype: text,
  dtype: text,
  quantization_config: quantizationSchema.nullish(),
});

export const modelConfigSchema = languageModelSchema.extend({
  /** Models that also see keep their language model's fields in here. */
  text_config: languageModelSchema.nullish(),
  vision_config: z
    .looseObject({ hidden_size: count, intermediate_size: count, patch_size: count, image_size: count })
    .nullish(),
});

export type LanguageModelConfig = z.output<typeof languageModelSchema>;
export type QuantizationConfig = z.output<typeof quantizationSchema>;
export type ModelConfig = z.output<typeof modelConfigSchema>;

export type ModelConfigResult =
  | { readonly ok: true; readonly config: ModelConfig }
  | { readonly ok: false; readonly problem: string };

export function parseModelConfig(value: unknown): ModelConfigResult {
  const parsed = modelConfigSchema.safeParse(value);
  if (parsed.success) return { ok: true, config: parsed.data };
  const [issue] = parsed.error.issues;
  return { ok: false, problem: `${issue?.path.join(".") || "it"}: ${issue?.message ?? "is not understood"}` };
}
