import type { AttentionMixer, Mixer } from "../../schema/model-layers.ts";
import { type Architecture } from "../shape/architecture.ts";
import { ARCHITECTURE } from "../shape/architectures.ts";
import { headWidths, layerKindsOf } from "../shape/layer-kinds.ts";
import { type FeedForward, feedForwards } from "../shape/parameters.ts";
import type { Part } from "../shape/part-dtypes.ts";
import type { ModelShape } from "../shape/shape.ts";
import { headsPerRank } from "./kv-cache/cache-layers.ts";

/** One matrix of one layer on one rank, merged with its neighbours as vLLM merges them. */
export interface Matrix {
  readonly part: Part;
  readonly rows: number;
  readonly width: number;
}

/** Layers that have the same matrices. */
export interface MatrixLayers {
  readonly layers: number;
  readonly matrices: readonly Matrix[];
}

/** The matrices of a model on one rank: queries, keys and values are one, gate and up are one, all experts are one. */
export function rankMatrices(shape: ModelShape, ranks: number): readonly MatrixLayers[] {
  const architecture = ARCHITECTURE[shape.architecture];
  const mixers = layerKindsOf(shape).map(({ layers, mixer }) => ({
    layers,
    matrices: mixerMatrices(shape, architecture, mixer, ranks),
  }));
  const forwards = feedForwards(shape).map(({ layers, form }) => ({
    layers,
    matrices: forwardMatrices(shape, architecture, form, ranks),
  }));
  return together(mixers, forwards);
}

/** What is in the same layers of both. */
function together(
  mixers: readonly MatrixLayers[],
  forwards: readonly MatrixLayers[],
): readonly MatrixLayers[] {
  const [mixer, ...otherMixers] = mixers;
  const [forward, ...otherForwards] = forwards;
  if (!mixer || !forward) return mixers;
  const layers = Math.min(mixer.layers, forward.layers);
  const rest = (run: MatrixLayers, others: readonly MatrixLayers[]): readonly MatrixLayers[] =>
    run.layers === layers ? others : [{ ...run, layers: run.layers - layers }, ...others];
  const others = together(rest(mixer, otherMixers), rest(forward, otherForwards));
  const matrices = [...mixer.matrices, ...forward.matrices];
  return layers === 0 ? others : [{ layers, matrices }, ...others];
}

/** All matrices added up by some size of theirs. */
export const sumOfMatrices = (all: readonly MatrixLayers[], sizeOf: (matrix: Matrix) => number): number =>
  all.reduce(
    (sum, { layers, matrices }) => sum + layers * matrices.reduce((own, matrix) => own + sizeOf(matrix), 0),
    0,
  );

function mixerMatrices(
  shape: ModelShape,
  architecture: Architecture,
  mixer: Mixer,
  ranks: number,
): readonly Matrix[] {
  const { hidden } = shape;
  switch (mixer.kind) {
    case "attention":
      return attention(shape, architecture, mixer, ranks);
    case "latent":
      return latent(shape, mixer, ranks);
    case "compressed":
      return [of("attention", 2 * mixer.width, hidden)];
    case "delta": {
      const keys = mixer.keyHeads * mixer.keyHeadDim;
      const values = mixer.valueHeads * mixer.valueHeadDim;
      return [
        of("attention", (2 * keys + 2 * values) / ranks, hidden),
        of("attention", hidden, values / ranks),
      ];
    }
    case "mamba": {
      const inner = mixer.heads * mixer.headDim;
      const inputs = 2 * inner + 2 * mixer.groups * mixer.stateSize + mixer.heads;
      return [
        of("attention", inputs / ranks, hidden),
        of("attention", hidden, inner / ranks),
        ...(mixer.beside ? attention(shape, architecture, mixer.beside, ranks) : []),
      ];
    }
    case "convolution":
      return [
        of("attention", (3 * mixer.channels) / ranks, hidden),
        of("attention", hidden, mixer.channels / ranks),
      ];
    case "linear": {
      const width = (mixer.heads * mixer.headDim) / ranks;
      return [
        of("attention", 3 * width, hidden),
        of("attention", width, hidden),
        of("attention", hidden, width),
      ];
    }
    case "none":
      return [];
  }
}

const of = (part: Part, rows: number, width: number): Matrix => ({ part, rows, width });

function attention(
  shape: ModelShape,
  { attentionGate }: Architecture,
  mixer: AttentionMixer,
  ranks: number,
): readonly Matrix[] {
  const { heads, kvHeads, headDim, valueDim } = headWidths(shape, mixer);
  const queries = ((heads * headDim) / ranks) * (attentionGate === "per-query" ? 2 : 1);
  const own = mixer.cache === "shared" ? 0 : headDim + (mixer.keysAreValues ? 0 : valueDim);
  return [
    of("attention", queries + headsPerRank(kvHeads, ranks) * own, shape.hidden),
    of("attention", shape.hidden, (heads * valueDim) / ranks),
  ];
}

function latent(
  shape: ModelShape,
  mixer: Extract<Mixer, { kind: "latent" }>,
  ranks: number,
): readonly Matrix[] {
  const headDim = mixer.headDim ?? shape.headDim;
  const keyDim = headDim - mixer.qkRopeDim;
  const valueDim = mixer.valueDim ?? keyDim;
  const heads = shape.heads / ranks;
  const rank = mixer.queryLoraRank;
  return [
    of("attention", (rank ?? 0) + mixer.kvLoraRank + mixer.qkRopeDim, shape.hidden),
    of("attention", heads * headDim, rank ?? shape.hidden),
    of("attention", heads * (keyDim + valueDim), mixer.kvLoraRank),
    of("attention", shape.hidden, heads * valueDim),
  ];
}

function forwardMatrices(
  shape: ModelShape,
  architecture: Architecture,
  form: FeedForward["form"],
  ranks: number,
): readonly Matrix[] {
  if (form === "none") return [];
  const inputs = architecture.feedForward === "plain" ? 1 : 2;
  const pair = (part: Part, count: number, hidden: number, ffn: number): readonly Matrix[] => [
    of(part, (count * inputs * ffn) / ranks, hidden),
    of(part, count * hidden, ffn / ranks),
  ];
  if (form !== "experts") return pair("dense", 1, shape.hidden, form);
  const shared = architecture.sharedExperts * shape.ffn;
  return [
    ...(shared > 0 ? pair("shared", 1, shape.hidden, shared) : []),
    ...pair("experts", shape.experts?.count ?? 0, architecture.expertHidden ?? shape.hidden, shape.ffn),
  ];
}
