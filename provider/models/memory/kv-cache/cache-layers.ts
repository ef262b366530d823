import type { AttentionMixer, LayerKind } from "../../../schema/model-layers.ts";
import { ARCHITECTURE } from "../../shape/architectures.ts";
import { headWidths, layerKindsOf } from "../../shape/layer-kinds.ts";
import type { ModelShape } from "../../shape/shape.ts";
import { stateBytes } from "./state.ts";

/** How much of a sequence a layer keeps. */
export type Reach =
  | { readonly kind: "all" }
  | { readonly kind: "window"; readonly tokens: number }
  | { readonly kind: "chunk"; readonly tokens: number }
  | { readonly kind: "state" };

/** Layers of one rank that keep alike. */
export interface CacheLayers {
  readonly layers: number;
  readonly reach: Reach;
  /** Of one token, or of one state. */
  readonly bytes: number;
  /** Latent vectors are read in whole rows, so that their pages cannot be padded to another size. */
  readonly rows: "any" | "whole";
}

const ALL: Reach = { kind: "all" };
const STATE: Reach = { kind: "state" };

/** The layers of a model that keep anything of a sequence, on one rank (vLLM 0.33.0 `vllm/v1/kv_cache_interface.py`). */
export function cacheLayers(
  shape: ModelShape,
  elementBytes: number,
  tensorParallel: number,
): readonly CacheLayers[] {
  const rank: Rank = { shape, elementBytes, tensorParallel };
  const indexer = shape.indexer ?? ARCHITECTURE[shape.architecture].indexer;
  return merged([
    ...layerKindsOf(shape).flatMap((kind) => ofKind(rank, kind)),
    ...(indexer
      ? [
          {
            layers: indexer.layers,
            reach: ALL,
            bytes: indexedKeyBytes(indexer.headDim),
            rows: "whole" as const,
          },
        ]
      : []),
  ]);
}

interface Rank {
  readonly shape: ModelShape;
  readonly elementBytes: number;
  readonly tensorParallel: number;
}

function ofKind({ shape, elementBytes, tensorParallel }: Rank, kind: LayerKind): readonly CacheLayers[] {
  const { layers, mixer } = kind;
  const state = (bytes: number): CacheLayers => ({ layers, reach: STATE, bytes, rows: "any" });
  const attention = (words: AttentionMixer): readonly CacheLayers[] => {
    if (words.cache === "shared" || words.cache === "none") return [];
    const { kvHeads, headDim, valueDim } = headWidths(shape, words);
    const bytes = headsPerRank(kvHeads, tensorParallel) * (headDim + valueDim) * elementBytes;
    return [{ layers, reach: reachOf(words), bytes, rows: "any" }];
  };
  switch (mixer.kind) {
    case "attention":
      return attention(mixer);
    case "latent":
      return [
        { layers, reach: ALL, bytes: (mixer.kvLoraRank + mixer.qkRopeDim) * elementBytes, rows: "whole" },
      ];
    case "compressed": {
      const { ratio, indexWidth, window } = mixer;
      const own: CacheLayers = {
        layers,
        reach: { kind: "window", tokens: window },
        bytes: mixer.width * elementBytes,
        rows: "whole",
      };
      if (ratio === undefined) return [own];
      const index = indexWidth === undefined ? 0 : indexedKeyBytes(indexWidth);
      return [own, { layers, reach: ALL, bytes: (own.bytes + index) / ratio, rows: "whole" }];
    }
    case "mamba":
      return [
        state(stateBytes(mixer, modelBytes(elementBytes), tensorParallel)),
        ...(mixer.beside ? attention(mixer.beside) : []),
      ];
    case "delta":
    case "convolution":
    case "linear":
      return [state(stateBytes(mixer, modelBytes(elementBytes), tensorParallel))];
    case "none":
      return [];
  }
}

const reachOf = ({ window, chunk }: AttentionMixer): Reach => {
  if (window !== undefined) return { kind: "window", tokens: window };
  return chunk === undefined ? ALL : { kind: "chunk", tokens: chunk };
};

/** States stay in what the model computes in when the KV cache is quantised. */
const modelBytes = (elementBytes: number): number => Math.max(elementBytes, 2);

/** Weights of an indexer's key that share a scale. */
const INDEXER_SCALE = 128;

/** A byte per number and an fp32 scale, whatever the cache is held in (vLLM `deepseek_v2.py`). */
const indexedKeyBytes = (headDim: number): number => headDim + (headDim / INDEXER_SCALE) * 4;

const alike = (one: CacheLayers, other: CacheLayers): boolean =>
  one.bytes === other.bytes && one.rows === other.rows && sameReach(one.reach, other.reach);

export const sameReach = (one: Reach, other: Reach): boolean =>
  one.kind === other.kind && ("tokens" in one ? one.tokens : 0) === ("tokens" in other ? other.tokens : 0);

function merged(all: readonly CacheLayers[]): readonly CacheLayers[] {
  const kinds: CacheLayers[] = [];
  for (const kind of all) {
    const at = kinds.findIndex((known) => alike(known, kind));
    const known = kinds[at];
    if (known) kinds[at] = { ...known, layers: known.layers + kind.layers };
    else kinds.push(kind);
  }
  return kinds;
}

/** Key and value heads one rank holds: a head is never divided, so more ranks than heads hold copies. */
export const kvHeadsPerRank = (shape: ModelShape, tensorParallel: number): number =>
  shape.mla ? 1 : headsPerRank(shape.kvHeads, tensorParallel);

export const headsPerRank = (kvHeads: number, tensorParallel: number): number =>
  Math.max(1, Math.floor(kvHeads / tensorParallel));
