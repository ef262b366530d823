import { mebibytes } from "../../bytes.ts";
import type { Dtype } from "../../schema/precision.ts";
import { layerKindsOf } from "../shape/layer-kinds.ts";
import { elementBytes, isQuantised } from "../shape/precision.ts";
import type { ModelShape } from "../shape/shape.ts";
import { allocate, type Tensors } from "./caching-allocator.ts";
import { paddedVocab } from "./padded-vocab.ts";
import { partWidths } from "./part-widths.ts";
import { rankMatrices } from "./rank-matrices.ts";

/** Bytes of an element of what an engine makes in 16 bit, whatever the checkpoint holds. */
const HALF = 2;

/** Bytes that loaded weights take above their tensors: as `memory_allocated` counts them, and in whole segments. */
export interface Rounding {
  readonly allocated: number;
  readonly reserved: number;
}

/** Norms and biases share segments of 2 MiB, the last of which is not full. */
const SEGMENT_OF_SMALL = mebibytes(2);

/**
 * What PyTorch's allocator rounds up on one rank. Embeddings come first, as in vLLM's models, and the head last. Norms are too small to
 * be rounded up.
 */
export function allocatorRounding(shape: ModelShape, dtype: Dtype, ranks: number): Rounding {
  const width = partWidths(shape, dtype, elementBytes);
  const table = ((paddedVocab(shape.vocab) * shape.hidden) / ranks) * width("embeddings");
  const before = [table, ropeTableBytes(shape)].filter((size) => size > 0);
  const tensors: readonly Tensors[] = [
    { times: 1, sizes: before },
    ...rankMatrices(shape, ranks).map(({ layers, matrices }) => ({
      times: layers,
      sizes: matrices.map((matrix) => matrix.rows * matrix.width * width(matrix.part)),
    })),
    { times: shape.tied ? 0 : 1, sizes: [table] },
  ];
  const bytes = tensors.reduce((sum, { times, sizes }) => sum + times * sizes.reduce((a, b) => a + b, 0), 0);
  const { allocated, reserved } = allocate(tensors);
  return { allocated: allocated - bytes, reserved: reserved - bytes + SEGMENT_OF_SMALL };
}

/** Sines and cosines of every position, whole on every rank; with the tensors they meet R1, R2 and R3 to the digit. */
export const ropeTableBytes = (shape: ModelShape): number =>
  (shape.maxContext ?? 0) * (shape.mla?.qkRopeDim ?? shape.headDim) * HALF;

/**
 * Latent attention multiplies with the expanding projection on the side of the queries and of the output. vLLM keeps it in 16 bit
 * for that, beside the quantised one (`process_weights_after_loading` in `mla_attention.py`); a projection in 16 bit serves for both.
 */
export function absorbedProjectionBytes(shape: ModelShape, dtype: Dtype, ranks: number): number {
  if (!isQuantised(shape.partDtypes?.attention ?? dtype)) return 0;
  return layerKindsOf(shape).reduce((sum, { layers, mixer }) => {
    if (mixer.kind !== "latent") return sum;
    const keyDim = (mixer.headDim ?? shape.headDim) - mixer.qkRopeDim;
    const perHead = mixer.kvLoraRank * (keyDim + (mixer.valueDim ?? keyDim));
    return sum + (layers * shape.heads * perHead * HALF) / ranks;
  }, 0);
}
