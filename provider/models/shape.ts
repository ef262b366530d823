import { type Bytes, bytes } from "../bytes.ts";
import type { ArchitectureName, Dtype, ModelSpec } from "../schema/model.ts";

/** All that the memory of a model depends on. One form for catalog rows, explicit specs and resolved checkpoints. */
export interface ModelShape {
  /** What the engine is told to load. */
  readonly id: string;
  readonly architecture: ArchitectureName;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** With latent attention: of the queries and keys, the part with positions included. */
  readonly headDim: number;
  /** Width of the feed-forward layer; of one expert in a mixture of experts. */
  readonly ffn: number;
  readonly experts?: { readonly count: number; readonly active: number };
  readonly vocab: number;
  readonly tied: boolean;
  /** Published total; computed from the shape when absent. */
  readonly params?: number;
  readonly maxContext?: number;
  readonly slidingWindow?: { readonly window: number; readonly fullAttentionEvery?: number };
  readonly mla?: { readonly kvLoraRank: number; readonly qkRopeDim: number };
  /** What the checkpoint holds; absent = unknown. */
  readonly nativeDtype?: Dtype;
  /** Bytes of the checkpoint's tensors, where they are not parameters times the width of `nativeDtype`. */
  readonly weightsBytes?: Bytes;
  /** Whether the shape adds up to a published total ("yes"), is our arithmetic, or is not confirmed ("no"). */
  readonly verified?: "yes" | "computed" | "no";
}

export interface CatalogModel extends ModelShape {
  readonly verified: "yes" | "computed" | "no";
  /** Where the numbers come from. */
  readonly source: string;
}

/** The shape a user wrote, with what follows from it filled in. */
export function shapeOfSpec(spec: ModelSpec): ModelShape {
  return {
    id: spec.name,
    architecture: spec.architecture,
    layers: spec.layers,
    hidden: spec.hidden,
    heads: spec.heads,
    kvHeads: spec.kvHeads ?? spec.heads,
    headDim: spec.headDim ?? spec.hidden / spec.heads,
    ffn: spec.ffn,
    ...(spec.experts && { experts: spec.experts }),
    vocab: spec.vocab,
    tied: spec.tied,
    ...(spec.params !== undefined && { params: spec.params }),
    ...(spec.maxContext !== undefined && { maxContext: spec.maxContext }),
    ...(spec.slidingWindow && { slidingWindow: slidingWindow(spec.slidingWindow) }),
    ...(spec.mla && { mla: spec.mla }),
    nativeDtype: spec.dtype,
    ...(spec.weightsBytes !== undefined && { weightsBytes: bytes(spec.weightsBytes) }),
  };
}

function slidingWindow(
  spec: NonNullable<ModelSpec["slidingWindow"]>,
): NonNullable<ModelShape["slidingWindow"]> {
  const { window, fullAttentionEvery } = spec;
  return fullAttentionEvery === undefined ? { window } : { window, fullAttentionEvery };
}
