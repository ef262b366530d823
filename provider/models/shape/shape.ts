import { type Bytes, bytes } from "../../bytes.ts";
import type { ArchitectureName } from "../../schema/architecture.ts";
import type { LayerKind } from "../../schema/model-layers.ts";
import type { ModelSpec } from "../../schema/model-spec.ts";
import type { Dtype } from "../../schema/precision.ts";
import type { CheckpointBytes } from "./contents.ts";
import type { ParameterCounts } from "./contents.ts";
import type { PartDtypes } from "./part-dtypes.ts";
import type { VisionTower, VisionTowerName } from "./vision-towers.ts";

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
  /** Those of the total that are a vision tower's. */
  readonly visionParams?: number;
  /** How the vision tower is built: by its name, or by its sizes. */
  readonly visionTower?: VisionTowerName | VisionTower;
  readonly maxContext?: number;
  /** Where its own is not known: that of the model it was tuned from. */
  readonly maxContextOfBase?: number;
  readonly slidingWindow?: { readonly window: number; readonly fullAttentionEvery?: number };
  /** Layers that see the whole context, where they were counted one by one. */
  readonly fullAttentionLayers?: number;
  readonly mla?: { readonly kvLoraRank: number; readonly qkRopeDim: number };
  readonly linearAttention?: LinearAttention;
  /** Layers by how they are built, where the words above do not tell. */
  readonly layerKinds?: readonly LayerKind[];
  /** Attends in both directions: nothing is cached. */
  readonly encoder?: boolean;
  /** Makes embeddings or scores of a prompt with a decoder: nothing is generated, so that a step's tokens are all it caches. */
  readonly pooling?: boolean;
  /** Keys of sparse attention's indexer, where a checkpoint says other than its family does. */
  readonly indexer?: { readonly headDim: number; readonly layers: number };
  /** What the checkpoint holds; absent = unknown. */
  readonly nativeDtype?: Dtype;
  /** Parts that the checkpoint holds in another precision than `nativeDtype`. */
  readonly partDtypes?: PartDtypes;
  /** "assumed": what a quantised copy leaves in 16 bit is not known, and counts in the upper bound. */
  readonly recipe?: "assumed";
  /** Weights that share a scale in int4 and int8. */
  readonly groupSize?: number;
  /** Bytes of the checkpoint's tensors, where they are not parameters times the width of `nativeDtype`. */
  readonly weightsBytes?: Bytes;
  /** The checkpoint's tensors, where their headers were read. */
  readonly checkpoint?: Checkpoint;
  /** What engines call the checkpoint's quantisation: "awq", "gptq", "fp8", "compressed-tensors", "gguf". */
  readonly quantization?: string;
  /** Where the shape comes from; absent = the catalog, or the user. */
  readonly origin?: ModelOrigin;
  /** What to know of it before relying on it. */
  readonly doubts?: readonly string[];
  /** Whether the shape adds up to a published total ("yes"), is our arithmetic, or is not confirmed ("no"). */
  readonly verified?: "yes" | "computed" | "no";
}

export interface Checkpoint {
  readonly bytes: CheckpointBytes;
  /** Parameters by part; absent where elements are packed, so that there are more weights than elements. */
  readonly parameters?: ParameterCounts;
}

export type ModelStep = "explicit" | "catalog" | "directory" | "hub" | "name";

/** How a model was found. */
export interface ModelOrigin {
  readonly step: ModelStep;
  /** One sentence: what was read, and where. */
  readonly detail: string;
}

/** The answer to a search for a model. */
export type FoundModel =
  | { readonly ok: true; readonly shape: ModelShape; readonly origin: ModelOrigin }
  | {
      readonly ok: false;
      readonly error: string;
      /** Trying again may help: the Hub did not answer. */
      readonly transient: boolean;
    };

/** A gated delta network: a state of constant size per sequence in place of keys and values. */
export interface LinearAttention {
  /** One layer in this many is an ordinary attention layer. */
  readonly fullAttentionEvery: number;
  readonly keyHeads: number;
  readonly valueHeads: number;
  readonly keyHeadDim: number;
  readonly valueHeadDim: number;
  /** Width of the convolution before it, in tokens. */
  readonly convKernel: number;
  /** What the recurrent state is held in. @default the 16 bit the model computes in */
  readonly stateDtype?: "fp32" | "bf16";
}

export interface CatalogModel extends ModelShape {
  readonly verified: "yes" | "computed" | "no";
  /** Where the numbers come from. */
  readonly source: string;
}

/** Layers that see the whole context; all of them when the layout of the others is not known. */
export function fullAttentionLayers(shape: ModelShape): number {
  if (shape.fullAttentionLayers !== undefined) return shape.fullAttentionLayers;
  const every = shape.linearAttention?.fullAttentionEvery ?? shape.slidingWindow?.fullAttentionEvery;
  return every === undefined ? shape.layers : Math.floor(shape.layers / every);
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
    ...(spec.visionParams !== undefined && { visionParams: spec.visionParams }),
    ...(spec.maxContext !== undefined && { maxContext: spec.maxContext }),
    ...(spec.slidingWindow && { slidingWindow: slidingWindow(spec.slidingWindow) }),
    ...(spec.mla && { mla: spec.mla }),
    ...(spec.linearAttention && { linearAttention: linearAttention(spec.linearAttention) }),
    ...(spec.layerKinds && { layerKinds: spec.layerKinds }),
    ...(spec.encoder && { encoder: true }),
    ...(spec.pooling && { pooling: true }),
    nativeDtype: spec.dtype,
    ...(spec.groupSize !== undefined && { groupSize: spec.groupSize }),
    ...(spec.partDtypes && { partDtypes: definedParts(spec.partDtypes) }),
    ...(spec.weightsBytes !== undefined && { weightsBytes: bytes(spec.weightsBytes) }),
  };
}

function slidingWindow(
  spec: NonNullable<ModelSpec["slidingWindow"]>,
): NonNullable<ModelShape["slidingWindow"]> {
  const { window, fullAttentionEvery } = spec;
  return fullAttentionEvery === undefined ? { window } : { window, fullAttentionEvery };
}

function linearAttention({
  stateDtype,
  ...rest
}: NonNullable<ModelSpec["linearAttention"]>): LinearAttention {
  return stateDtype === undefined ? rest : { ...rest, stateDtype };
}

const definedParts = (parts: NonNullable<ModelSpec["partDtypes"]>): PartDtypes =>
  Object.fromEntries(Object.entries(parts).filter(([, dtype]) => dtype !== undefined));
