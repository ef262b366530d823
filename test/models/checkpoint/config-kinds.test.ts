import { describe, expect, test } from "vitest";

import { shapeOfConfig } from "../../../provider/models/checkpoint/config-shape.ts";
import { kvBytesPerToken } from "../../../provider/models/memory/kv-cache/kv-cache.ts";
import { layerKindsOf } from "../../../provider/models/shape/layer-kinds.ts";
import { fullAttentionLayers } from "../../../provider/models/shape/shape.ts";
import { parseModelConfig } from "../../../provider/schema/model-config.ts";

const BASE = {
  num_hidden_layers: 8,
  hidden_size: 1024,
  num_attention_heads: 16,
  num_key_value_heads: 4,
  head_dim: 64,
  intermediate_size: 4096,
  vocab_size: 32_000,
};

function shapeOf(config: object) {
  const parsed = parseModelConfig({ ...BASE, ...config });
  if (!parsed.ok) throw new Error(parsed.problem);
  return shapeOfConfig("org/model", "config.json", parsed.config);
}

const mixersOf = (config: object) =>
  layerKindsOf(shapeOf(config)).map(({ layers, mixer }) => [layers, mixer.kind]);
const STATE = { mamba_num_heads: 32, mamba_head_dim: 64, n_groups: 8, ssm_state_size: 128, conv_kernel: 4 };

describe("layers by how they are built", () => {
  test("Nemotron-H writes a letter for each layer", () => {
    const config = { model_type: "nemotron_h", hybrid_override_pattern: "MEM*ME-M", ...STATE };
    expect(mixersOf(config)).toEqual([
      [4, "mamba"],
      [1, "attention"],
      [1, "none"],
      [2, "none"],
    ]);
    expect(kvBytesPerToken(shapeOf(config), 2, 1)).toBe(4 * 2 * 64 * 2);
  });

  test("Granite counts heads of its states by other names", () => {
    const config = {
      model_type: "granitemoehybrid",
      layer_types: ["mamba", "mamba", "mamba", "attention", "mamba", "mamba", "mamba", "attention"],
      mamba_n_heads: 32,
      mamba_d_head: "auto",
      mamba_d_state: 128,
    };
    expect(layerKindsOf(shapeOf(config))[1]?.mixer).toMatchObject({ kind: "mamba", heads: 32, headDim: 64 });
  });

  test("LFM2 names its attention layers, or lists them", () => {
    const listed = { model_type: "lfm2", conv_L_cache: 3, full_attn_idxs: [2, 5] };
    expect(mixersOf(listed)).toEqual([
      [2, "attention"],
      [6, "convolution"],
    ]);
  });

  test("Kimi-Linear has delta layers beside latent attention", () => {
    const config = {
      model_type: "kimi_linear",
      kv_lora_rank: 512,
      qk_rope_head_dim: 64,
      qk_nope_head_dim: 128,
      linear_attn_config: {
        full_attn_layers: [4, 8],
        num_heads: 16,
        head_dim: 128,
        short_conv_kernel_size: 4,
      },
    };
    expect(mixersOf(config)).toEqual([
      [2, "latent"],
      [6, "delta"],
    ]);
    expect(kvBytesPerToken(shapeOf(config), 2, 1)).toBe(2 * 576 * 2);
  });

  test("Gemma-4 has two widths, and its last layers keep nothing of their own", () => {
    const config = {
      model_type: "gemma4_text",
      sliding_window: 512,
      layer_types: ["sliding_attention", "sliding_attention", "sliding_attention", "full_attention"].flatMap(
        (type) => [type, type],
      ),
      global_head_dim: 128,
      num_global_key_value_heads: 2,
      num_kv_shared_layers: 3,
    };
    expect(kvBytesPerToken(shapeOf(config), 2, 1)).toBe(5 * 4 * 2 * 64 * 2);
  });

  test("MiMo-V2 has other heads in its windowed layers, and values narrower than keys", () => {
    const config = {
      model_type: "mimo_v2_flash",
      head_dim: 192,
      v_head_dim: 128,
      swa_head_dim: 192,
      swa_v_head_dim: 128,
      swa_num_key_value_heads: 8,
      sliding_window: 128,
      hybrid_layer_pattern: [0, 1, 1, 1, 0, 1, 1, 1],
    };
    expect(kvBytesPerToken(shapeOf(config), 2, 1)).toBe((2 * 4 + 6 * 8) * 320 * 2);
  });

  test("DeepSeek-V4 keeps a window of each layer and compressed keys of most", () => {
    const config = {
      model_type: "deepseek_v4",
      head_dim: 512,
      sliding_window: 128,
      index_head_dim: 128,
      compress_ratios: [0, 0, 4, 128, 4, 128, 4, 128, 4],
    };
    expect(layerKindsOf(shapeOf(config)).map(({ layers }) => layers)).toEqual([2, 3, 3]);
  });

  test("Llama-4 sees chunks where its layers have positions", () => {
    const config = {
      model_type: "llama4_text",
      attention_chunk_size: 8192,
      no_rope_layers: [1, 1, 1, 0, 1, 1, 1, 0],
    };
    expect(layerKindsOf(shapeOf(config))).toEqual([
      { layers: 2, mixer: { kind: "attention" } },
      { layers: 6, mixer: { kind: "attention", chunk: 8192 } },
    ]);
  });

  test("a pattern can be letters: EXAONE-4", () => {
    expect(
      fullAttentionLayers(
        shapeOf({ model_type: "exaone4", sliding_window: 4096, sliding_window_pattern: "LLLG" }),
      ),
    ).toBe(2);
  });

  test("an encoder caches nothing", () => {
    expect(kvBytesPerToken(shapeOf({ model_type: "xlm-roberta" }), 2, 1)).toBe(0);
    expect(
      kvBytesPerToken(shapeOf({ model_type: "gemma3_text", use_bidirectional_attention: true }), 2, 1),
    ).toBe(0);
  });
});

test("a family that is not known is counted with a warning that names it, and in which direction it is wrong", () => {
  const { doubts } = shapeOf({ model_type: "brand_new_hybrid" });
  expect(doubts).toEqual([expect.stringMatching(/"brand_new_hybrid".*too large.*missing/)]);
  for (const known of ["llama", "mistral", "phi3", "qwen3", "nemotron_h"]) {
    expect(shapeOf({ model_type: known }).doubts).toBeUndefined();
  }
});
