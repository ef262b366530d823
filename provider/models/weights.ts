import { type Bytes, ceilBytes, formatBytes } from "../bytes.ts";
import type { Dtype } from "../schema/model.ts";
import { ARCHITECTURE } from "./architectures.ts";
import { paddedRowBytes } from "./fp8-rows.ts";
import { isGguf } from "./gguf-types.ts";
import { kvHeadsPerRank } from "./kv-heads.ts";
import { memoryRange, type MemoryTerm } from "./memory-term.ts";
import { countParameters, type ParameterCounts, totalParameters } from "./parameters.ts";
import { bytesPerWeight, isQuantised, loadsCheckpointBytes } from "./precision.ts";
import { recipeDoubt } from "./recipe.ts";
import type { ModelShape } from "./shape.ts";

/** vLLM pads the vocabulary to a multiple of this (`vocab_parallel_embedding.py`). */
const VOCAB_PADDING = 64;

/**
 * What engines loaded above the tensors' own bytes, in logs: little on one rank (R1: 0.21 %, the rope table), more on two
 * (R11: 1.4 %), and the layout that mxfp4 kernels want (R10: 7.1 %, the only log there is, so the best guess too). The
 * labels are those of docs/models.md.
 */
const LOADED_ABOVE_CHECKPOINT = { plain: 0.0021, tensorParallel: 0.014, mxfp4: 0.071 } as const;

/** Bytes of an element of the rope table, which vLLM makes once in 16 bit for every position there can be. */
const ROPE_BYTES = 2;

export const paddedVocab = (vocab: number): number => Math.ceil(vocab / VOCAB_PADDING) * VOCAB_PADDING;

/** Bytes of the weights on one of `tensorParallel` ranks, as stored: divided / ranks + what every rank has whole. */
export function weightsPerRank(shape: ModelShape, dtype: Dtype, tensorParallel: number): Bytes {
  const parts = loadedCheckpoint(shape, dtype) ?? partBytes(shape, countParameters(shape), dtype);
  const kvShare = kvHeadsPerRank(shape, tensorParallel) / shape.kvHeads;
  return ceilBytes(parts.divided / tensorParallel + parts.keyValue * kvShare + parts.whole);
}

/** The tensors of the checkpoint, when it is loaded as it is; a padded vocabulary is added by the engine. */
function loadedCheckpoint(shape: ModelShape, dtype: Dtype): PartBytes | undefined {
  if (shape.checkpoint === undefined || !loadsCheckpointBytes(shape, dtype)) return undefined;
  const { divided, keyValue, whole, prediction } = shape.checkpoint.bytes;
  const padding = paddingWeights(shape) * bytesPerWeight(isGguf(dtype) ? dtype : "bf16");
  return { divided: divided + prediction + padding, keyValue, whole };
}

const paddingWeights = (shape: ModelShape): number =>
  (paddedVocab(shape.vocab) - shape.vocab) * shape.hidden * (shape.tied ? 1 : 2);

interface PartBytes {
  readonly divided: number;
  readonly keyValue: number;
  readonly whole: number;
}

function partBytes(shape: ModelShape, counts: ParameterCounts, dtype: Dtype): PartBytes {
  const weight = bytesPerWeight(dtype, shape.groupSize);
  // A GGUF file quantises its tables as well, and keeps norms and routers in fp32.
  const kept = isQuantised(dtype) ? bytesPerWeight(isGguf(dtype) ? "fp32" : "bf16") : weight;
  const tables = isGguf(dtype) ? weight : kept;
  // gpt-oss quantises only its experts to mxfp4; a dense model in mxfp4 has no other place for it.
  const outsideExperts = dtype === "mxfp4" && shape.experts ? kept : weight;
  const { beyond } = ARCHITECTURE[shape.architecture];
  const beyondDivided = counts.beyond < 0 || beyond !== "vision";
  const padding = paddingWeights(shape);
  const parts = {
    divided:
      (counts.embeddings + padding) * tables +
      (counts.attention + counts.dense) * outsideExperts +
      counts.experts * weight +
      (beyondDivided ? counts.beyond * outsideExperts : 0),
    keyValue: counts.keyValue * outsideExperts,
    whole:
      counts.latent * outsideExperts +
      (counts.small + counts.vision + (beyondDivided ? 0 : counts.beyond)) * kept,
  };
  if (shape.weightsBytes === undefined || !loadsCheckpointBytes(shape, dtype)) return parts;
  // The checkpoint's own bytes win; which part the difference belongs to is unknown, and the divided one is nearly all.
  const counted = parts.divided + parts.keyValue + parts.whole - padding * tables;
  return { ...parts, divided: parts.divided + shape.weightsBytes - counted };
}

export function weightsTerm(shape: ModelShape, dtype: Dtype, tensorParallel: number): MemoryTerm {
  const stored = weightsPerRank(shape, dtype, tensorParallel);
  const prediction = predictionBytes(shape, dtype, tensorParallel);
  const loaded = stored - prediction;
  const rope = ropeTableBytes(shape);
  const above =
    dtype === "mxfp4"
      ? LOADED_ABOVE_CHECKPOINT.mxfp4
      : LOADED_ABOVE_CHECKPOINT[tensorParallel > 1 ? "tensorParallel" : "plain"];
  const recipe = recipeBytes(shape, dtype, tensorParallel);
  const padded = paddedRowBytes(shape, dtype, tensorParallel);
  const high = Math.max(stored * (1 + above), stored + rope) + recipe + padded;
  return {
    name: "weights",
    ...memoryRange(loaded, dtype === "mxfp4" ? high : loaded + rope, high),
    reason: [
      `${weightsSource(shape, dtype)}${tensorParallel > 1 ? `, one of ${tensorParallel} ranks` : ""}`,
      `engines load up to ${(above * 100).toFixed(1)} % more`,
      ...upTo(recipe, `if its recipe left attention${shape.experts ? " and shared experts" : ""} in 16 bit`),
      ...upTo(padded, "if vLLM pads its rows, as on ROCm"),
    ].join("; "),
    calibrated: true,
  };
}

const upTo = (size: number, when: string): readonly string[] =>
  size > 0 ? [`${formatBytes(ceilBytes(size))} ${when}`] : [];

/**
 * A layer for multi-token prediction, on one rank: part of the checkpoint, and loaded for speculative decoding alone, so it
 * counts in the upper bound.
 */
function predictionBytes(shape: ModelShape, dtype: Dtype, tensorParallel: number): number {
  if (shape.checkpoint !== undefined && loadsCheckpointBytes(shape, dtype)) {
    return shape.checkpoint.bytes.prediction / tensorParallel;
  }
  if (ARCHITECTURE[shape.architecture].beyond !== "prediction") return 0;
  const { beyond } = countParameters(shape);
  return (Math.max(beyond, 0) * bytesPerWeight(dtype, shape.groupSize)) / tensorParallel;
}

function recipeBytes(shape: ModelShape, dtype: Dtype, tensorParallel: number): number {
  const doubt = recipeDoubt(shape, dtype);
  if (doubt === undefined) return 0;
  const kvShare = kvHeadsPerRank(shape, tensorParallel) / shape.kvHeads;
  return doubt.divided / tensorParallel + doubt.keyValue * kvShare;
}

/** Sines and cosines of every position, whole on every rank; it explains to the digit what R1, R2 and R3 loaded. */
const ropeTableBytes = (shape: ModelShape): number =>
  (shape.maxContext ?? 0) * (shape.mla?.qkRopeDim ?? shape.headDim) * ROPE_BYTES;

function weightsSource(shape: ModelShape, dtype: Dtype): string {
  if (shape.checkpoint !== undefined && loadsCheckpointBytes(shape, dtype)) {
    const { divided, keyValue, whole, prediction } = shape.checkpoint.bytes;
    return `the ${divided + keyValue + whole + prediction} bytes of the checkpoint's tensors (${dtype})`;
  }
  if (shape.weightsBytes !== undefined && loadsCheckpointBytes(shape, dtype)) {
    return `the checkpoint's ${shape.weightsBytes} bytes (${dtype})`;
  }
  const total = totalParameters(countParameters(shape));
  const origin = shape.params === undefined ? " counted from the shape" : "";
  return `${total} parameters${origin} in ${dtype}`;
}
