import type { AttentionMixer, LayerKind } from "../../schema/model-layers.ts";
import { ARCHITECTURE } from "./architectures.ts";
import { fullAttentionLayers } from "./shape.ts";
import type { ModelShape } from "./shape.ts";

/** The layers of a model by how they are built: as they are listed, or from the words of `config.json`. */
export function layerKindsOf(shape: ModelShape): readonly LayerKind[] {
  if (shape.layerKinds) return shape.layerKinds;
  const full = fullAttentionLayers(shape);
  const others = shape.layers - full;
  return [
    { layers: full, mixer: wholeContext(shape) },
    { layers: others, mixer: restOf(shape) },
  ].filter(({ layers }) => layers > 0);
}

function wholeContext(shape: ModelShape): LayerKind["mixer"] {
  if (shape.encoder) return { kind: "attention", cache: "none" };
  if (!shape.mla) return { kind: "attention" };
  const { queryLoraRank, valueHeadDim } = ARCHITECTURE[shape.architecture];
  return {
    kind: "latent",
    ...shape.mla,
    ...(valueHeadDim !== undefined && { valueDim: valueHeadDim }),
    ...(queryLoraRank !== undefined && { queryLoraRank }),
  };
}

function restOf(shape: ModelShape): LayerKind["mixer"] {
  if (shape.linearAttention) {
    const { fullAttentionEvery: _, ...state } = shape.linearAttention;
    return { kind: "delta", ...state };
  }
  const tokens = shape.slidingWindow?.window;
  if (tokens === undefined) return wholeContext(shape);
  return ARCHITECTURE[shape.architecture].windows === "chunks"
    ? { kind: "attention", chunk: tokens }
    : { kind: "attention", window: tokens };
}

export interface HeadWidths {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly valueDim: number;
}

/** What a layer does not say of its heads is the model's own. */
export function headWidths(shape: ModelShape, mixer: AttentionMixer): HeadWidths {
  const headDim = mixer.headDim ?? shape.headDim;
  return {
    heads: mixer.heads ?? shape.heads,
    kvHeads: mixer.kvHeads ?? shape.kvHeads,
    headDim,
    valueDim: mixer.valueDim ?? headDim,
  };
}
