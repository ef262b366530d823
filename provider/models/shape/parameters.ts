import { type Architecture } from "./architecture.ts";
import { ARCHITECTURE } from "./architectures.ts";
import type { ParameterCounts } from "./contents.ts";
import { layerKindsOf } from "./layer-kinds.ts";
import { mixerParameters } from "./mixer-parameters.ts";
import type { ModelShape } from "./shape.ts";

export const totalParameters = (counts: ParameterCounts): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

export function countParameters(shape: ModelShape): ParameterCounts {
  return shape.checkpoint?.parameters ?? countOfShape(shape);
}

function countOfShape(shape: ModelShape): ParameterCounts {
  const architecture = ARCHITECTURE[shape.architecture];
  const kinds = layerKindsOf(shape);
  const mixers = kinds.map(({ layers, mixer }) => ({
    layers,
    each: mixerParameters(shape, architecture, mixer),
  }));
  const mixed = (part: keyof ReturnType<typeof mixerParameters>): number =>
    mixers.reduce((sum, { layers, each }) => sum + layers * each[part], 0);
  const forward = feedForwardLayers(shape);
  const matrices = architecture.feedForward === "plain" ? 2 : 3;
  const counted: ParameterCounts = {
    embeddings:
      shape.vocab * shape.hidden * (shape.tied ? 1 : 2) + (architecture.positions ?? 0) * shape.hidden,
    attention: mixed("divided"),
    keyValue: mixed("keyValue"),
    latent: mixed("latent") + indexerParameters(shape, architecture),
    dense: forward.dense.reduce(
      (sum, { layers, width }) => sum + layers * matrices * shape.hidden * width,
      0,
    ),
    shared: forward.experts * architecture.sharedExperts * matrices * shape.hidden * shape.ffn,
    experts:
      forward.experts *
      (shape.experts?.count ?? 0) *
      matrices *
      (architecture.expertHidden ?? shape.hidden) *
      shape.ffn,
    small:
      normsOf(shape, architecture) * normOf(shape, architecture) +
      mixed("small") +
      normOf(shape, architecture) +
      forward.experts * routing(shape, architecture) +
      forwardBiases(shape, forward.dense, architecture),
    vision: shape.visionParams ?? 0,
    beyond: 0,
  };
  return shape.params === undefined
    ? counted
    : { ...counted, beyond: shape.params - totalParameters(counted) };
}

/** A layer without a mixer, or without a feed-forward, has no norm before it. */
function normsOf(shape: ModelShape, { normsPerLayer }: Architecture): number {
  const missing = layerKindsOf(shape)
    .filter(({ mixer, feedForward }) => mixer.kind === "none" || feedForward === "none")
    .reduce((sum, { layers }) => sum + layers, 0);
  return shape.layers * normsPerLayer - (normsPerLayer === 1 ? 0 : missing);
}

/** A norm is a scale, and in older families an offset too. */
const normOf = ({ hidden }: ModelShape, { normBias }: Architecture): number => (normBias ? 2 : 1) * hidden;

interface FeedForwardLayers {
  readonly experts: number;
  readonly dense: readonly { readonly layers: number; readonly width: number }[];
}

/** What follows the mixer in a number of layers: experts, one feed-forward layer of this width, or nothing. */
export interface FeedForward {
  readonly layers: number;
  readonly form: "experts" | "none" | number;
}

/** In the order of the layers; of layers with and without experts the latter are taken for the first. */
export function feedForwards(shape: ModelShape): readonly FeedForward[] {
  const { denseLayers } = ARCHITECTURE[shape.architecture];
  const wide = shape.experts ? (denseLayers?.ffn ?? shape.ffn) : shape.ffn;
  if (shape.layerKinds === undefined) {
    const dense = shape.experts ? (denseLayers?.count ?? 0) : shape.layers;
    return [
      { layers: dense, form: wide },
      { layers: shape.layers - dense, form: "experts" },
    ];
  }
  return shape.layerKinds.map(({ layers, feedForward }) => {
    const form = feedForward ?? (shape.experts ? "experts" : "dense");
    return { layers, form: form === "dense" ? wide : form };
  });
}

/** Layers that have experts, and those that have one wide layer in their place, by its width. */
function feedForwardLayers(shape: ModelShape): FeedForwardLayers {
  const all = feedForwards(shape);
  return {
    experts: all.filter(({ form }) => form === "experts").reduce((sum, { layers }) => sum + layers, 0),
    dense: all.flatMap(({ layers, form }) => (typeof form === "number" ? [{ layers, width: form }] : [])),
  };
}

function forwardBiases(
  { hidden }: ModelShape,
  dense: FeedForwardLayers["dense"],
  { feedForwardBias }: Architecture,
): number {
  return feedForwardBias ? dense.reduce((sum, { layers, width }) => sum + layers * (width + hidden), 0) : 0;
}

function routing(shape: ModelShape, architecture: Architecture): number {
  const count = shape.experts?.count ?? 0;
  const bias = architecture.routerBias === "per-expert" ? count : 0;
  const expertBias = architecture.expertBias === "all" ? count * (2 * shape.ffn + shape.hidden) : 0;
  const gate = architecture.sharedExpertGate === "per-token" ? shape.hidden : 0;
  return shape.hidden * count + bias + expertBias + gate;
}

/** Queries from the compressed ones, one key per token with its norm, and a weight per head. */
function indexerParameters(shape: ModelShape, { indexer, queryLoraRank }: Architecture): number {
  if (!indexer) return 0;
  const { heads, headDim, layers } = indexer;
  const queries = (queryLoraRank ?? shape.hidden) * heads * headDim;
  return layers * (queries + shape.hidden * headDim + 2 * headDim + shape.hidden * heads);
}
