import type { Dtype } from "../../schema/precision.ts";
import type { ModelShape } from "../shape/shape.ts";
import { paddedVocab } from "./padded-vocab.ts";

/** What quantisation asks of a divided matrix: that no block of scales is cut. */
export type QuantisationLayout = "none" | "block-fp8" | "group-int4";

/** Widest groups that are considered: one GPU has at most 8 logical devices today, and a host 8 GPUs. */
export const MOST_RANKS = { gpu: 16, host: 64 } as const;

/**
 * Only checkpoints are quantised in blocks or groups: fp8 made at load time has one scale per tensor. int4 is taken for
 * AWQ or GPTQ with groups of 128, as its bytes are.
 */
export function quantisationLayout(shape: ModelShape, dtype: Dtype): QuantisationLayout {
  if (dtype === "int4") return "group-int4";
  return dtype === "fp8" && shape.nativeDtype === "fp8" ? "block-fp8" : "none";
}

/**
 * Numbers of ranks that vLLM accepts for a model, ascending: not always powers of two, and not all of them.
 *
 * Rules (vLLM 0.33.0): `heads % n` (config/model.py); key and value heads divide or are copied evenly (linear.py); `ffn %
 * n`; blocks and groups of 128 stay whole (fp8_utils.py, awq.py); the heads of recurrent states divide (mamba_utils.py);
 * the padded vocabulary divides (vocab_parallel_embedding.py), which is what keeps 5 and 10 from a model with 40 heads.
 */
export function legalTensorParallel(
  shape: ModelShape,
  quantisation: QuantisationLayout,
  most: number = MOST_RANKS.gpu,
): readonly number[] {
  const sizes = Array.from({ length: most }, (_, index) => index + 1);
  return sizes.filter((size) => isLegal(shape, quantisation, size));
}

function isLegal(shape: ModelShape, quantisation: QuantisationLayout, size: number): boolean {
  if (size === 1) return true;
  const kvDivides =
    shape.mla !== undefined ||
    (size < shape.kvHeads ? shape.kvHeads % size === 0 : size % shape.kvHeads === 0);
  const linear = shape.linearAttention;
  const statesDivide =
    linear === undefined || (linear.keyHeads % size === 0 && linear.valueHeads % size === 0);
  return (
    shape.heads % size === 0 &&
    kvDivides &&
    statesDivide &&
    shape.ffn % size === 0 &&
    paddedVocab(shape.vocab) % size === 0 &&
    (quantisation === "none" || (shape.ffn / size) % 128 === 0)
  );
}
