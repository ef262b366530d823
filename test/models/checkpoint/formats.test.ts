import { expect, test } from "vitest";

import { readCheckpoint } from "../../../provider/models/checkpoint/read-checkpoint.ts";
import { weightsPerRank } from "../../../provider/models/memory/weights.ts";
import { resolvePrecision } from "../../../provider/models/shape/precision.ts";
import { directoryFiles } from "../../../provider/models/sources/directory.ts";
import { folder, llamaTensors, sizeOf, writeCheckpoint, type WrittenTensor } from "./written-checkpoints.ts";

const SIZES = { layers: 2, hidden: 256, heads: 4, kvHeads: 2, headDim: 64, ffn: 512, vocab: 1024 };
const CONFIG = {
  model_type: "llama",
  num_hidden_layers: SIZES.layers,
  hidden_size: SIZES.hidden,
  num_attention_heads: SIZES.heads,
  num_key_value_heads: SIZES.kvHeads,
  head_dim: SIZES.headDim,
  intermediate_size: SIZES.ffn,
  vocab_size: SIZES.vocab,
  max_position_embeddings: 2048,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
};

/** Projections packed two to a byte with a scale for every group, tables and norms in bf16. */
function packed(group: number, scale: string): readonly WrittenTensor[] {
  return llamaTensors(SIZES).flatMap((tensor) => {
    const [rows = 0, columns = 0] = tensor.shape;
    if (!/proj/.test(tensor.name)) return [tensor];
    const base = tensor.name.replace(/\.weight$/, "");
    return [
      { name: `${base}.weight`, dtype: "U8", shape: [rows, columns / 2] },
      { name: `${base}.weight_scale`, dtype: scale, shape: [rows, columns / group] },
    ];
  });
}

/** Numbers of eight bits with a scale a row. */
const bytesWide = (): readonly WrittenTensor[] =>
  llamaTensors(SIZES).flatMap((tensor) =>
    /proj/.test(tensor.name)
      ? [
          { ...tensor, dtype: "F8_E4M3" },
          { name: `${tensor.name}_scale`, dtype: "F32", shape: [tensor.shape[0] ?? 0, 1] },
        ]
      : [tensor],
  );

async function read(quantization: object | undefined, tensors: readonly WrittenTensor[]) {
  const path = folder();
  writeCheckpoint(path, { ...CONFIG, ...(quantization && { quantization_config: quantization }) }, [tensors]);
  const files = await directoryFiles(path);
  if (!files) throw new Error("no files");
  return (await readCheckpoint("org/model", files)).shape;
}

test.each([
  [
    "Quark in fp4",
    { quant_method: "quark", global_quant_config: { weight: { dtype: "fp4", group_size: 32 } } },
    packed(32, "U8"),
    "mxfp4",
  ],
  [
    "Quark in fp8",
    { quant_method: "quark", global_quant_config: { weight: { dtype: "fp8_e4m3" } } },
    bytesWide(),
    "fp8",
  ],
  ["Quark that mixes", { quant_method: "quark", layer_quant_config: {} }, packed(32, "U8"), "int4"],
  ["NVFP4 of modelopt", { quant_method: "modelopt", quant_algo: "NVFP4" }, packed(16, "F8_E4M3"), "nvfp4"],
  ["fp8 of modelopt", { quant_method: "modelopt", quant_algo: "FP8" }, bytesWide(), "fp8"],
  [
    "mixed precision of modelopt",
    { quant_method: "modelopt", quant_algo: "MIXED_PRECISION" },
    packed(16, "F8_E4M3"),
    "int4",
  ],
  [
    "NVFP4 of compressed-tensors",
    {
      quant_method: "compressed-tensors",
      config_groups: { group_0: { weights: { num_bits: 4, type: "float", group_size: 16 } } },
    },
    packed(16, "F8_E4M3"),
    "nvfp4",
  ],
  [
    "MXFP4 of compressed-tensors",
    {
      quant_method: "compressed-tensors",
      config_groups: { group_0: { weights: { num_bits: 4, type: "float", group_size: 32 } } },
    },
    packed(32, "U8"),
    "mxfp4",
  ],
  ["bitsandbytes in 4 bit", { quant_method: "bitsandbytes", load_in_4bit: true }, packed(64, "F32"), "nf4"],
  ["bitsandbytes in 8 bit", { quant_method: "bitsandbytes", load_in_8bit: true }, bytesWide(), "int8"],
  ["a method nobody heard of", { quant_method: "brand-new" }, packed(128, "F32"), "int4"],
  ["a method nobody heard of, in bytes", { quant_method: "brand-new" }, bytesWide(), "fp8"],
  ["no word of a quantisation", undefined, packed(16, "F8_E4M3"), "int4"],
] as const)("%s is loaded with the bytes of its headers", async (_, quantization, tensors, dtype) => {
  const shape = await read(quantization, tensors);
  const bytes = tensors.reduce((sum, tensor) => sum + sizeOf(tensor), 0);
  expect(shape.checkpoint).toBeDefined();
  const loaded = resolvePrecision(shape, "native");
  expect(weightsPerRank(shape, loaded, 1)).toBe(bytes);
  // A config that names 16 bit and no quantisation is believed; the bytes are those of the headers anyway.
  expect(shape.nativeDtype).toBe(quantization === undefined ? "bf16" : dtype);
});
