import { z } from "zod";

/*
 * config.json of a checkpoint, in the words of transformers. It is written by many hands: fields nobody needs are ignored,
 * and null means absent.
 */
const count = z.number().int().positive().max(Number.MAX_SAFE_INTEGER).nullish();
const text = z.string().max(256).nullish();

const quantizationSchema = z.looseObject({
  quant_method: text,
  bits: count,
  group_size: z.number().int().nullish(),
  format: text,
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
  vocab_size: count,
  tie_word_embeddings: z.boolean().nullish(),
  max_position_embeddings: count,
  sliding_window: count,
  use_sliding_window: z.boolean().nullish(),
  sliding_window_pattern: count,
  layer_types: z.array(z.string().max(64)).max(4096).nullish(),
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
