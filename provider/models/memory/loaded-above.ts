import type { Dtype } from "../../schema/precision.ts";
import { ARCHITECTURE } from "../shape/architectures.ts";
import { layerKindsOf } from "../shape/layer-kinds.ts";
import { elementBytes, isQuantised } from "../shape/precision.ts";
import type { ModelShape } from "../shape/shape.ts";
import { allocate } from "./caching-allocator.ts";
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

/** A fleet asks for the same few shapes thousands of times. */
const ROUNDINGS = new WeakMap<ModelShape, Map<string, Rounding>>();

/** What PyTorch's allocator rounds up on one rank. */
export function allocatorRounding(shape: ModelShape, dtype: Dtype, ranks: number): Rounding {
  const known = ROUNDINGS.get(shape) ?? new Map<string, Rounding>();
  ROUNDINGS.set(shape, known);
  const key = `${dtype} ${ranks}`;
  const rounding = known.get(key) ?? roundingOf(shape, dtype, ranks);
  known.set(key, rounding);
  return rounding;
}

/** Embeddings come first, as in vLLM's models, and the head last. */
function roundingOf(shape: ModelShape, dtype: Dtype, ranks: number): Rounding {
  const width = partWidths(shape, dtype, elementBytes);
  const table = ((paddedVocab(shape.vocab) * shape.hidden) / ranks) * width("embeddings");
  const norm = shape.hidden * HALF;
  const norms = Array.from({ length: ARCHITECTURE[shape.architecture].normsPerLayer }, () => norm);
  const sizes = [
    table,
    ropeTableBytes(shape),
    ...rankMatrices(shape, ranks).flatMap((matrices) => [
      ...matrices.map((matrix) => matrix.rows * matrix.width * width(matrix.part)),
      ...norms,
    ]),
    norm,
    ...(shape.tied ? [] : [table]),
  ].filter((size) => size > 0);
  const tensors = sizes.reduce((sum, size) => sum + size, 0);
  const { allocated, reserved } = allocate(sizes);
  return { allocated: allocated - tensors, reserved: reserved - tensors };
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
