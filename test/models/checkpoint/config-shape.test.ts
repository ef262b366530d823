import { describe, expect, test } from "vitest";

import { UnreadableCheckpointError } from "../../../provider/errors.ts";
import { shapeOfConfig } from "../../../provider/models/checkpoint/config-shape.ts";
import { fullAttentionLayers } from "../../../provider/models/shape/shape.ts";
import { parseModelConfig } from "../../../provider/schema/model-config.ts";
import { catalogShape } from "../shapes.ts";
import { LLAMA_8B_CONFIG, TINY_CONFIG } from "./written-checkpoints.ts";

function shapeOf(config: object) {
  const parsed = parseModelConfig(config);
  if (!parsed.ok) throw new Error(parsed.problem);
  return shapeOfConfig("org/model", "config.json", parsed.config);
}

/** What a config says, in the catalog's words. */
const comparable = (id: string) => {
  const {
    id: _,
    params: __,
    weightsBytes: ___,
    verified: ____,
    visionParams: _____,
    visionTower: ______,
    ...shape
  } = catalogShape(id);
  return Object.fromEntries(Object.entries(shape).filter(([name]) => name !== "source")) as typeof shape;
};

const SEQUENCE = (pattern: readonly string[], layers: number) =>
  Array.from({ length: layers }, (_, at) => pattern[at % pattern.length]);

describe("the config of a known model gives its shape", () => {
  test("Llama-3.1-8B", () => {
    expect(shapeOf(LLAMA_8B_CONFIG)).toMatchObject(comparable("meta-llama/Llama-3.1-8B"));
  });

  test("Qwen3-30B-A3B: experts, and heads wider than their share", () => {
    const config = {
      model_type: "qwen3_moe",
      num_hidden_layers: 48,
      hidden_size: 2048,
      num_attention_heads: 32,
      num_key_value_heads: 4,
      head_dim: 128,
      intermediate_size: 6144,
      moe_intermediate_size: 768,
      num_experts: 128,
      num_experts_per_tok: 8,
      vocab_size: 151_936,
      max_position_embeddings: 40_960,
      tie_word_embeddings: false,
      sliding_window: null,
      use_sliding_window: false,
      torch_dtype: "bfloat16",
    };
    expect(shapeOf(config)).toMatchObject(comparable("Qwen/Qwen3-30B-A3B"));
  });

  test("gpt-oss-20b: every second layer with a window, mxfp4", () => {
    const config = {
      model_type: "gpt_oss",
      num_hidden_layers: 24,
      hidden_size: 2880,
      num_attention_heads: 64,
      num_key_value_heads: 8,
      head_dim: 64,
      intermediate_size: 2880,
      num_local_experts: 32,
      experts_per_token: 4,
      vocab_size: 201_088,
      max_position_embeddings: 131_072,
      sliding_window: 128,
      layer_types: SEQUENCE(["sliding_attention", "full_attention"], 24),
      tie_word_embeddings: false,
      quantization_config: { quant_method: "mxfp4" },
    };
    const { slidingWindow, ...known } = comparable("openai/gpt-oss-20b");
    const shape = shapeOf(config);
    expect(shape).toMatchObject({ ...known, slidingWindow: { window: 128 }, quantization: "mxfp4" });
    expect(slidingWindow?.fullAttentionEvery).toBe(2);
    expect(fullAttentionLayers(shape)).toBe(12);
  });

  test("DeepSeek-V3: latent attention, fp8 in blocks", () => {
    const config = {
      model_type: "deepseek_v3",
      num_hidden_layers: 61,
      hidden_size: 7168,
      num_attention_heads: 128,
      num_key_value_heads: 128,
      intermediate_size: 18_432,
      moe_intermediate_size: 2048,
      n_routed_experts: 256,
      num_experts_per_tok: 8,
      kv_lora_rank: 512,
      qk_rope_head_dim: 64,
      qk_nope_head_dim: 128,
      vocab_size: 129_280,
      max_position_embeddings: 163_840,
      quantization_config: { quant_method: "fp8", weight_block_size: [128, 128] },
    };
    expect(shapeOf(config)).toMatchObject(comparable("deepseek-ai/DeepSeek-V3"));
  });

  test("Qwen3.5-35B-A3B: recurrent states, the language model within a model that sees", () => {
    const config = {
      model_type: "qwen3_5_moe",
      tie_word_embeddings: false,
      text_config: {
        model_type: "qwen3_5_moe_text",
        dtype: "bfloat16",
        num_hidden_layers: 40,
        hidden_size: 2048,
        num_attention_heads: 16,
        num_key_value_heads: 2,
        head_dim: 256,
        moe_intermediate_size: 512,
        num_experts: 256,
        num_experts_per_tok: 8,
        full_attention_interval: 4,
        layer_types: SEQUENCE(
          ["linear_attention", "linear_attention", "linear_attention", "full_attention"],
          40,
        ),
        linear_num_key_heads: 16,
        linear_num_value_heads: 32,
        linear_key_head_dim: 128,
        linear_value_head_dim: 128,
        linear_conv_kernel_dim: 4,
        mamba_ssm_dtype: "float32",
        vocab_size: 248_320,
        max_position_embeddings: 262_144,
      },
    };
    expect(shapeOf(config)).toMatchObject(comparable("Qwen/Qwen3.5-35B-A3B"));
  });

  test("Gemma-3-27b: every sixth layer is full, which its config leaves to the family", () => {
    const config = {
      text_config: {
        model_type: "gemma3_text",
        num_hidden_layers: 62,
        hidden_size: 5376,
        num_attention_heads: 32,
        num_key_value_heads: 16,
        head_dim: 128,
        intermediate_size: 21_504,
        vocab_size: 262_208,
        max_position_embeddings: 131_072,
        sliding_window: 1024,
        tie_word_embeddings: true,
      },
      torch_dtype: "bfloat16",
    };
    expect(shapeOf(config)).toMatchObject(comparable("google/gemma-3-27b-it"));
  });
});

test.each([
  [{ quant_method: "awq", bits: 4, group_size: 64 }, "int4", 64, "awq"],
  [{ quant_method: "gptq", bits: 8, group_size: -1 }, "int8", undefined, "gptq"],
  [{ quant_method: "fp8", weight_block_size: [128, 128] }, "fp8", undefined, "fp8"],
  [
    {
      quant_method: "compressed-tensors",
      config_groups: { group_0: { weights: { num_bits: 4, type: "int", group_size: 32 } } },
    },
    "int4",
    32,
    "compressed-tensors",
  ],
  [
    { quant_method: "compressed-tensors", config_groups: { g: { weights: { num_bits: 8, type: "float" } } } },
    "fp8",
    undefined,
    "compressed-tensors",
  ],
  [{ quant_method: "something-new" }, undefined, undefined, "something-new"],
])("quantization_config %j", (quantization_config, dtype, groupSize, method) => {
  const shape = shapeOf({ ...TINY_CONFIG, quantization_config });
  expect(shape.nativeDtype).toBe(dtype);
  expect(shape.groupSize).toBe(groupSize);
  expect(shape.quantization).toBe(method);
});

test("the indexer of sparse attention is in the layers that do not share the one before", () => {
  const sparse = { ...TINY_CONFIG, index_head_dim: 128 };
  expect(shapeOf(sparse).indexer).toEqual({ headDim: 128, layers: 2 });
  expect(shapeOf({ ...sparse, indexer_types: ["full", "shared"] }).indexer).toEqual({
    headDim: 128,
    layers: 1,
  });
  expect(shapeOf(TINY_CONFIG).indexer).toBeUndefined();
});

test("a window that is switched off is none", () => {
  const windowed = { ...TINY_CONFIG, sliding_window: 512 };
  expect(shapeOf(windowed).slidingWindow).toEqual({ window: 512 });
  expect(shapeOf({ ...windowed, use_sliding_window: false }).slidingWindow).toBeUndefined();
});

test.each(["hidden_size", "num_attention_heads", "num_hidden_layers", "vocab_size", "intermediate_size"])(
  "a config without %s is refused with the name of that field",
  (field) => {
    const call = () => shapeOf({ ...TINY_CONFIG, [field]: null });
    expect(call).toThrow(`config.json has no ${field}; give the shape of the model explicitly`);
    expect(call).toThrow(UnreadableCheckpointError);
  },
);

test.each([
  [[], /expected object/],
  [{ ...TINY_CONFIG, hidden_size: "64" }, /hidden_size: .*expected number/],
  [{ ...TINY_CONFIG, num_hidden_layers: -2 }, /num_hidden_layers: /],
  [{ ...TINY_CONFIG, text_config: { vocab_size: 1.5 } }, /text_config\.vocab_size: /],
  [{ ...TINY_CONFIG, layer_types: Array<string>(5000).fill("full_attention") }, /layer_types: /],
])("a field with an impossible value is named: %#", (config, problem) => {
  const parsed = parseModelConfig(config);
  expect(parsed).toMatchObject({ ok: false, problem: expect.stringMatching(problem) as unknown });
});
