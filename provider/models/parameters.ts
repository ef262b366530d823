import { ARCHITECTURE, type Architecture } from "./architectures.ts";
import { fullAttentionLayers } from "./layers.ts";
import type { LinearAttention, ModelShape } from "./shape.ts";

/** Parameters by what happens to them: which are quantised, and which tensor parallelism divides. */
export interface ParameterCounts {
  /** Input table and output head; one table when tied. Divided; kept in 16 bit when the rest is quantised. */
  readonly embeddings: number;
  /** Projections of queries and of the output, and what expands latent attention. Divided. */
  readonly attention: number;
  /** Projections of keys and values. Divided down to one head per rank, then copied. */
  readonly keyValue: number;
  /** What compresses into latent attention. Whole on every rank. */
  readonly latent: number;
  /** Dense feed-forward layers and shared experts. Divided. */
  readonly dense: number;
  /** Routed experts. Divided. */
  readonly experts: number;
  /** Norms, routers, biases, sinks. Counted whole on every rank, and kept in 16 bit. */
  readonly small: number;
  /** A vision tower, where its size is known by itself. Whole on every rank, and kept in 16 bit. */
  readonly vision: number;
  /**
   * What the published total has beyond that: a prediction layer, or a vision tower of unknown size. Negative when the
   * family's layers are smaller than assumed: the published total wins.
   */
  readonly beyond: number;
}

export const totalParameters = (counts: ParameterCounts): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

export function countParameters(shape: ModelShape): ParameterCounts {
  return shape.checkpoint?.parameters ?? countOfShape(shape);
}

function countOfShape(shape: ModelShape): ParameterCounts {
  const architecture = ARCHITECTURE[shape.architecture];
  const expertLayers = shape.experts ? shape.layers - (architecture.denseLayers?.count ?? 0) : 0;
  const attention = shape.mla
    ? latentAttention(shape, shape.mla, architecture)
    : groupedAttention(shape, architecture);
  const linear = shape.linearAttention && linearAttention(shape, shape.linearAttention);
  const linearLayers = linear ? shape.layers - fullAttentionLayers(shape) : 0;
  const attentionLayers = shape.layers - linearLayers;
  const counted: ParameterCounts = {
    embeddings: shape.vocab * shape.hidden * (shape.tied ? 1 : 2),
    attention: attentionLayers * attention.divided + linearLayers * (linear?.divided ?? 0),
    keyValue: attentionLayers * attention.keyValue,
    latent: attentionLayers * attention.latent + indexerParameters(shape, architecture),
    dense: denseParameters(shape, architecture, expertLayers),
    experts: expertLayers * (shape.experts?.count ?? 0) * feedForward(shape.hidden, shape.ffn),
    small:
      shape.layers * architecture.normsPerLayer * shape.hidden +
      attentionLayers * attention.small +
      linearLayers * (linear?.small ?? 0) +
      shape.hidden +
      expertLayers * routing(shape, architecture),
    vision: shape.visionParams ?? 0,
    beyond: 0,
  };
  return shape.params === undefined
    ? counted
    : { ...counted, beyond: shape.params - totalParameters(counted) };
}

/** Gate, up and down projection. */
const feedForward = (hidden: number, ffn: number): number => 3 * hidden * ffn;

function denseParameters(shape: ModelShape, architecture: Architecture, expertLayers: number): number {
  const denseLayers = shape.layers - expertLayers;
  const width = shape.experts ? (architecture.denseLayers?.ffn ?? shape.ffn) : shape.ffn;
  return (
    denseLayers * feedForward(shape.hidden, width) +
    expertLayers * architecture.sharedExperts * feedForward(shape.hidden, shape.ffn)
  );
}

function routing(shape: ModelShape, architecture: Architecture): number {
  const count = shape.experts?.count ?? 0;
  const bias = architecture.routerBias === "per-expert" ? count : 0;
  const expertBias = architecture.expertBias === "all" ? count * (2 * shape.ffn + shape.hidden) : 0;
  const gate = architecture.sharedExpertGate === "per-token" ? shape.hidden : 0;
  return shape.hidden * count + bias + expertBias + gate;
}

interface AttentionParameters {
  readonly divided: number;
  readonly keyValue: number;
  readonly latent: number;
  readonly small: number;
}

function groupedAttention(shape: ModelShape, architecture: Architecture): AttentionParameters {
  const queries = shape.heads * shape.headDim;
  const keysAndValues = 2 * shape.kvHeads * shape.headDim;
  const bias = {
    none: 0,
    "query-key-value": queries + keysAndValues,
    all: queries + keysAndValues + shape.hidden,
  }[architecture.attentionBias];
  const norm = {
    none: 0,
    "per-head": 2 * shape.headDim,
    "per-layer": queries + keysAndValues / 2,
  }[architecture.queryKeyNorm];
  const gate = architecture.attentionGate === "per-query" ? shape.hidden * queries : 0;
  return {
    divided: 2 * shape.hidden * queries + gate,
    keyValue: shape.hidden * keysAndValues,
    latent: 0,
    small: bias + norm + (architecture.sinks === "per-head" ? shape.heads : 0),
  };
}

/**
 * A gated delta network: one projection makes queries, keys, values and the output's gate, a small one the two rates of
 * each value head; a convolution runs over queries, keys and values.
 */
function linearAttention(
  shape: ModelShape,
  linear: LinearAttention,
): { readonly divided: number; readonly small: number } {
  const keys = linear.keyHeads * linear.keyHeadDim;
  const values = linear.valueHeads * linear.valueHeadDim;
  const projections = shape.hidden * (2 * keys + 2 * values + 2 * linear.valueHeads);
  const rates = 2 * linear.valueHeads;
  return {
    divided: projections + values * shape.hidden + (2 * keys + values) * linear.convKernel,
    small: rates + linear.valueHeadDim,
  };
}

/** Queries from the compressed ones, one key per token with its norm, and a weight per head. */
function indexerParameters(shape: ModelShape, { indexer, queryLoraRank }: Architecture): number {
  if (!indexer) return 0;
  const { heads, headDim, layers } = indexer;
  const queries = (queryLoraRank ?? shape.hidden) * heads * headDim;
  return layers * (queries + shape.hidden * headDim + 2 * headDim + shape.hidden * heads);
}

/** Multi-head latent attention. Value heads are as wide as the part of a key without positions, unless said. */
function latentAttention(
  shape: ModelShape,
  mla: NonNullable<ModelShape["mla"]>,
  architecture: Architecture,
): AttentionParameters {
  const queries = shape.heads * shape.headDim;
  const keyDim = shape.headDim - mla.qkRopeDim;
  const valueDim = architecture.valueHeadDim ?? keyDim;
  const rank = architecture.queryLoraRank;
  return {
    divided:
      (rank ?? shape.hidden) * queries +
      mla.kvLoraRank * shape.heads * (keyDim + valueDim) +
      shape.heads * valueDim * shape.hidden,
    keyValue: 0,
    latent: shape.hidden * (mla.kvLoraRank + mla.qkRopeDim + (rank ?? 0)),
    small: mla.kvLoraRank + (rank ?? 0),
  };
}
