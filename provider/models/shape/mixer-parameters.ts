import type { AttentionMixer, Mixer } from "../../schema/model-layers.ts";
import type { Architecture } from "./architecture.ts";
import { headWidths } from "./layer-kinds.ts";
import type { ModelShape } from "./shape.ts";

/** Parameters of what mixes tokens in one layer, by what happens to them. */
export interface MixerParameters {
  readonly divided: number;
  /** Projections of keys and values. */
  readonly keyValue: number;
  /** What compresses into latent attention. */
  readonly latent: number;
  readonly small: number;
}

const NOTHING: MixerParameters = { divided: 0, keyValue: 0, latent: 0, small: 0 };

export function mixerParameters(
  shape: ModelShape,
  architecture: Architecture,
  mixer: Mixer,
): MixerParameters {
  switch (mixer.kind) {
    case "attention":
      return attention(shape, architecture, mixer);
    case "latent":
      return latent(shape, mixer);
    case "compressed":
      return { ...NOTHING, divided: 2 * shape.hidden * mixer.width, small: mixer.width };
    case "delta":
      return mixer.decay === "per-channel" ? kimiDelta(shape, mixer) : delta(shape, mixer);
    case "mamba":
      return plus(mamba(shape, mixer), mixer.beside ? attention(shape, architecture, mixer.beside) : NOTHING);
    case "convolution": {
      const { channels, convKernel } = mixer;
      return { ...NOTHING, divided: 4 * shape.hidden * channels + channels * convKernel };
    }
    case "linear": {
      const width = mixer.heads * mixer.headDim;
      return { ...NOTHING, divided: 5 * shape.hidden * width, small: width };
    }
    case "none":
      return NOTHING;
  }
}

const plus = (one: MixerParameters, other: MixerParameters): MixerParameters => ({
  divided: one.divided + other.divided,
  keyValue: one.keyValue + other.keyValue,
  latent: one.latent + other.latent,
  small: one.small + other.small,
});

function attention(shape: ModelShape, architecture: Architecture, mixer: AttentionMixer): MixerParameters {
  const { heads, kvHeads, headDim, valueDim } = headWidths(shape, mixer);
  const queries = heads * headDim;
  const keys = kvHeads * headDim;
  const values = kvHeads * valueDim;
  const own = mixer.cache === "shared" ? 0 : keys + (mixer.keysAreValues ? 0 : values);
  const bias = {
    none: 0,
    "query-key-value": queries + own,
    all: queries + own + shape.hidden,
  }[architecture.attentionBias];
  const norm = {
    none: 0,
    "per-head": mixer.cache === "shared" ? headDim : 2 * headDim,
    "per-layer": queries + keys,
  }[architecture.queryKeyNorm];
  const gate = architecture.attentionGate === "per-query" ? shape.hidden * queries : 0;
  return {
    divided: shape.hidden * (queries + heads * valueDim) + gate,
    keyValue: shape.hidden * own,
    latent: 0,
    small: bias + norm + (architecture.sinks === "per-head" ? heads : 0),
  };
}

/** Multi-head latent attention. Value heads are as wide as the part of a key without positions, unless said. */
function latent(shape: ModelShape, mixer: Extract<Mixer, { kind: "latent" }>): MixerParameters {
  const headDim = mixer.headDim ?? shape.headDim;
  const queries = shape.heads * headDim;
  const keyDim = headDim - mixer.qkRopeDim;
  const valueDim = mixer.valueDim ?? keyDim;
  const rank = mixer.queryLoraRank;
  return {
    divided:
      (rank ?? shape.hidden) * queries +
      mixer.kvLoraRank * shape.heads * (keyDim + valueDim) +
      shape.heads * valueDim * shape.hidden,
    keyValue: 0,
    latent: shape.hidden * (mixer.kvLoraRank + mixer.qkRopeDim + (rank ?? 0)),
    small: mixer.kvLoraRank + (rank ?? 0),
  };
}

/**
 * A gated delta network: one projection makes queries, keys, values and the output's gate, a small one the two rates of
 * each value head; a convolution runs over queries, keys and values.
 */
function delta({ hidden }: ModelShape, mixer: Extract<Mixer, { kind: "delta" }>): MixerParameters {
  const keys = mixer.keyHeads * mixer.keyHeadDim;
  const values = mixer.valueHeads * mixer.valueHeadDim;
  const projections = hidden * (2 * keys + 2 * values + 2 * mixer.valueHeads);
  return {
    ...NOTHING,
    divided: projections + values * hidden + (2 * keys + values) * mixer.convKernel,
    small: 2 * mixer.valueHeads + mixer.valueHeadDim,
  };
}

/** Kimi's variant decays each channel by itself; what decays and what gates come from a projection of one head's width. */
function kimiDelta({ hidden }: ModelShape, mixer: Extract<Mixer, { kind: "delta" }>): MixerParameters {
  const { valueHeads: heads, valueHeadDim: width, convKernel } = mixer;
  const all = heads * width;
  const narrow = hidden * width + width * all;
  return {
    ...NOTHING,
    divided: 4 * hidden * all + 3 * all * convKernel + hidden * heads + 2 * narrow,
    small: all + heads + width,
  };
}

/** One projection makes values, gate, what goes in and comes out of the state, and a rate per head. */
function mamba({ hidden }: ModelShape, mixer: Extract<Mixer, { kind: "mamba" }>): MixerParameters {
  const inner = mixer.heads * mixer.headDim;
  const channels = inner + 2 * mixer.groups * mixer.stateSize;
  return {
    ...NOTHING,
    divided: hidden * (inner + channels + mixer.heads) + channels * (mixer.convKernel + 1) + inner * hidden,
    small: 3 * mixer.heads + inner,
  };
}
