import type { Dtype } from "../../schema/precision.ts";
import { quantisedAtLoad } from "../shape/precision.ts";
import type { ModelShape } from "../shape/shape.ts";
import { rankMatrices, sumOfMatrices } from "./rank-matrices.ts";

/** A weight in fp8 is a byte, so these are bytes as well as weights. */
const PADDED_WHEN_MULTIPLE_OF = 512;
const PADDING = 256;

/**
 * Bytes by which vLLM pads, on ROCm, the rows of an fp8 checkpoint's matrices on one rank, so that they lie in different
 * channels of the memory (`_maybe_pad_fp8_weight` in `quantization/utils/fp8_utils.py`, 0.17.1 to 0.33.0, unless
 * VLLM_ROCM_FP8_PADDING=0). An upper bound: not done with a scale per row. Routed experts are not padded, nor what vLLM
 * quantises itself.
 */
export function paddedRowBytes(shape: ModelShape, dtype: Dtype, tensorParallel: number): number {
  if (dtype !== "fp8" || quantisedAtLoad(shape, dtype)) return 0;
  return sumOfMatrices(rankMatrices(shape, tensorParallel), ({ part, rows, width }) =>
    part !== "experts" && width % PADDED_WHEN_MULTIPLE_OF === 0 ? rows * PADDING : 0,
  );
}
