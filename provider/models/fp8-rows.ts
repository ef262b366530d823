import type { Dtype } from "../schema/model.ts";
import { ARCHITECTURE } from "./architectures.ts";
import { kvHeadsPerRank } from "./kv-heads.ts";
import { fullAttentionLayers } from "./layers.ts";
import { quantisedAtLoad } from "./precision.ts";
import type { ModelShape } from "./shape.ts";

/** A weight in fp8 is a byte, so these are bytes as well as weights. */
const PADDED_WHEN_MULTIPLE_OF = 512;
const PADDING = 256;

/** Rows of one matrix on one rank, and how long each is. */
interface Matrix {
  readonly rows: number;
  readonly width: number;
}

/**
 * Bytes by which vLLM pads, on ROCm, the rows of an fp8 checkpoint's matrices on one rank, so that they lie in different
 * channels of the memory (`_maybe_pad_fp8_weight` in `quantization/utils/fp8_utils.py`, 0.17.1 to 0.33.0, unless
 * VLLM_ROCM_FP8_PADDING=0). An upper bound: not done with a scale per row. Routed experts are not padded, nor what vLLM
 * quantises itself.
 */
export function paddedRowBytes(shape: ModelShape, dtype: Dtype, tensorParallel: number): number {
  if (dtype !== "fp8" || quantisedAtLoad(shape, dtype)) return 0;
  const full = shape.linearAttention ? fullAttentionLayers(shape) : shape.layers;
  return (
    full * paddingOf(shape.mla ? latent(shape, shape.mla, tensorParallel) : grouped(shape, tensorParallel)) +
    (shape.layers - full) * paddingOf(linear(shape, tensorParallel)) +
    feedForward(shape, tensorParallel)
  );
}

const paddingOf = (matrices: readonly Matrix[]): number =>
  matrices
    .filter(({ width }) => width % PADDED_WHEN_MULTIPLE_OF === 0)
    .reduce((sum, { rows }) => sum + rows * PADDING, 0);

function grouped(shape: ModelShape, ranks: number): readonly Matrix[] {
  const queries = (shape.heads * shape.headDim) / ranks;
  const gated = ARCHITECTURE[shape.architecture].attentionGate === "per-query" ? 2 : 1;
  const keysAndValues = 2 * kvHeadsPerRank(shape, ranks) * shape.headDim;
  return [
    { rows: queries * gated + keysAndValues, width: shape.hidden },
    { rows: shape.hidden, width: queries },
  ];
}

function latent(shape: ModelShape, mla: NonNullable<ModelShape["mla"]>, ranks: number): readonly Matrix[] {
  const { queryLoraRank, valueHeadDim } = ARCHITECTURE[shape.architecture];
  const keyDim = shape.headDim - mla.qkRopeDim;
  const valueDim = valueHeadDim ?? keyDim;
  return [
    { rows: (queryLoraRank ?? 0) + mla.kvLoraRank + mla.qkRopeDim, width: shape.hidden },
    { rows: (shape.heads * shape.headDim) / ranks, width: queryLoraRank ?? shape.hidden },
    { rows: (shape.heads * (keyDim + valueDim)) / ranks, width: mla.kvLoraRank },
    { rows: shape.hidden, width: (shape.heads * valueDim) / ranks },
  ];
}

function linear({ linearAttention, hidden }: ModelShape, ranks: number): readonly Matrix[] {
  if (!linearAttention) return [];
  const keys = linearAttention.keyHeads * linearAttention.keyHeadDim;
  const values = linearAttention.valueHeads * linearAttention.valueHeadDim;
  return [
    { rows: (2 * keys + 2 * values) / ranks, width: hidden },
    { rows: hidden, width: values / ranks },
  ];
}

/** Layers without experts, and the shared experts of the others. */
function feedForward(shape: ModelShape, ranks: number): number {
  const { denseLayers, sharedExperts } = ARCHITECTURE[shape.architecture];
  const ofWidth = (ffn: number): number =>
    paddingOf([
      { rows: (2 * ffn) / ranks, width: shape.hidden },
      { rows: shape.hidden, width: ffn / ranks },
    ]);
  if (!shape.experts) return shape.layers * ofWidth(shape.ffn);
  const dense = denseLayers?.count ?? 0;
  return (
    dense * ofWidth(denseLayers?.ffn ?? shape.ffn) +
    (shape.layers - dense) * ofWidth(sharedExperts * shape.ffn)
  );
}
