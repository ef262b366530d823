import type { Dtype } from "../../schema/precision.ts";
import { isGguf } from "../shape/gguf-types.ts";
import { countParameters } from "../shape/parameters.ts";
import { bytesPerWeight, isQuantised, loadsCheckpointBytes, quantisedAtLoad } from "../shape/precision.ts";
import type { ModelShape } from "../shape/shape.ts";

/**
 * Bytes, over all ranks, that a quantised checkpoint of a model with recurrent states may have more than its format alone
 * tells. Recipes differ in what they leave in 16 bit: linear attention (llm-compressor
 * `examples/quantization_w8a8_fp8/qwen3_next_example.py`), all attention and the shared experts (`hf_quant_config.json` of
 * nvidia/Qwen3.5-397B-A17B-NVFP4), or neither (that of nvidia/Qwen3.6-35B-A3B-NVFP4; both in aiconfigurator-core 0.12.0
 * `model_configs`). A feed-forward layer in place of experts is quantised by all of them.
 *
 * @returns undefined where nothing is in doubt: the tensors are known, or vLLM quantises them itself
 */
export function recipeDoubt(
  shape: ModelShape,
  dtype: Dtype,
): { readonly divided: number; readonly keyValue: number } | undefined {
  const known = shape.checkpoint !== undefined || shape.weightsBytes !== undefined;
  if ((!shape.linearAttention && shape.recipe === undefined) || (known && loadsCheckpointBytes(shape, dtype)))
    return undefined;
  if (!leavesOpen(shape, dtype) || quantisedAtLoad(shape, dtype)) return undefined;
  const { attention, keyValue, shared } = countParameters(shape);
  const more = bytesPerWeight("bf16") - bytesPerWeight(dtype, shape.groupSize);
  return { divided: (attention + shared) * more, keyValue: keyValue * more };
}

/** GGUF names a type for every tensor of a kind, and mxfp4 leaves all but experts in 16 bit as it is. */
const leavesOpen = (shape: ModelShape, dtype: Dtype): boolean =>
  isQuantised(dtype) && !isGguf(dtype) && !(dtype === "mxfp4" && shape.experts);
