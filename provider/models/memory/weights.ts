import { type Bytes, formatBytes } from "../../bytes.ts";
import type { Dtype } from "../../schema/precision.ts";
import type { GpuArchitecture } from "../../schema/serving.ts";
import { ARCHITECTURE } from "../shape/architectures.ts";
import { type ParameterCounts } from "../shape/contents.ts";
import { isGguf } from "../shape/gguf-types.ts";
import { countParameters, totalParameters } from "../shape/parameters.ts";
import type { Part } from "../shape/part-dtypes.ts";
import { bytesPerWeight, loadsCheckpointBytes, quantisedAtLoad } from "../shape/precision.ts";
import type { ModelShape } from "../shape/shape.ts";
import { expertPaddingBytes } from "./expert-padding.ts";
import { paddedRowBytes } from "./fp8-rows.ts";
import { kvHeadsPerRank } from "./kv-cache/cache-layers.ts";
import { absorbedProjectionBytes, allocatorRounding, ropeTableBytes } from "./loaded-above.ts";
import { demandedBytes, memoryRange, type MemoryTerm } from "./memory-term.ts";
import { paddedVocab } from "./padded-vocab.ts";
import { keptWidth, partWidths } from "./part-widths.ts";
import { recipeDoubt } from "./recipe.ts";

/**
 * The most that engines logged as loaded above what is counted here, as a share: 1.0 % in I2; of an fp8 checkpoint 2.9 % in R9, one
 * row, whose engine read what the device had in use. The labels are those of docs/models.md.
 */
const MOST_ABOVE = { plain: 0.011, fp8: 0.029 } as const;

/** Bytes of the weights on one of `tensorParallel` ranks, as stored: divided / ranks + what every rank has whole. */
export function weightsPerRank(shape: ModelShape, dtype: Dtype, tensorParallel: number): Bytes {
  const parts = partsOf(shape, dtype);
  const kvShare = kvHeadsPerRank(shape, tensorParallel) / shape.kvHeads;
  return demandedBytes(
    (parts.divided + parts.vision) / tensorParallel + parts.keyValue * kvShare + parts.whole,
  );
}

const partsOf = (shape: ModelShape, dtype: Dtype): PartBytes =>
  loadedCheckpoint(shape, dtype) ?? partBytes(shape, countParameters(shape), dtype);

/** The tensors of the checkpoint, when it is loaded as it is; a padded vocabulary is added by the engine. */
function loadedCheckpoint(shape: ModelShape, dtype: Dtype): PartBytes | undefined {
  if (shape.checkpoint === undefined || !loadsCheckpointBytes(shape, dtype)) return undefined;
  const { divided, keyValue, whole, prediction, vision = 0 } = shape.checkpoint.bytes;
  const padding = paddingWeights(shape) * bytesPerWeight(isGguf(dtype) ? dtype : "bf16");
  return { divided: divided + prediction + padding, keyValue, whole: whole - vision, vision };
}

const paddingWeights = (shape: ModelShape): number =>
  (paddedVocab(shape.vocab) - shape.vocab) * shape.hidden * (shape.tied ? 1 : 2);

interface PartBytes {
  readonly divided: number;
  readonly keyValue: number;
  readonly whole: number;
  /** A tower that ranks divide as they divide the rest (`mm_encoder_tp_mode` "weights"). */
  readonly vision: number;
}

function partBytes(shape: ModelShape, counts: ParameterCounts, dtype: Dtype): PartBytes {
  const width = partWidths(shape, dtype);
  const kept = keptWidth(shape, dtype);
  const { beyond } = ARCHITECTURE[shape.architecture];
  const beyondDivided = counts.beyond < 0 || beyond !== "vision";
  const padding = paddingWeights(shape);
  const parts = {
    divided:
      (counts.embeddings + padding) * width("embeddings") +
      counts.attention * width("attention") +
      counts.dense * width("dense") +
      counts.shared * width("shared") +
      counts.experts * width("experts") +
      (beyondDivided ? beyondBytes(counts, width) : 0),
    keyValue: counts.keyValue * width("attention"),
    whole: counts.latent * width("attention") + counts.small * kept,
    vision: (counts.vision + (beyondDivided ? 0 : counts.beyond)) * kept,
  };
  if (shape.weightsBytes === undefined || !loadsCheckpointBytes(shape, dtype)) {
    return { ...parts, divided: Math.max(parts.divided, 0) };
  }
  // The checkpoint's own bytes win; which part the difference belongs to is unknown, and the divided one is nearly all.
  const counted = parts.divided + parts.keyValue + parts.whole + parts.vision - padding * width("embeddings");
  return { ...parts, divided: Math.max(parts.divided + shape.weightsBytes - counted, 0) };
}

/**
 * What a published total has beyond the shape. Where it has less, the layers are smaller than assumed, and what is missing is
 * missing of the largest part, in that part's own precision.
 */
function beyondBytes(counts: ParameterCounts, width: (part: Part) => number): number {
  const largest = counts.experts > counts.dense + counts.attention ? "experts" : "dense";
  return counts.beyond * width(counts.beyond < 0 ? largest : "attention");
}

export function weightsTerm(
  shape: ModelShape,
  dtype: Dtype,
  tensorParallel: number,
  gpu?: GpuArchitecture,
): MemoryTerm {
  const stored = weightsPerRank(shape, dtype, tensorParallel);
  const prediction = predictionBytes(shape, dtype, tensorParallel);
  const loaded = Math.max(stored - prediction, 0);
  const made = ropeTableBytes(shape) + absorbedProjectionBytes(shape, dtype, tensorParallel);
  const rounding = allocatorRounding(shape, dtype, tensorParallel);
  const form = dtype === "fp8" && !quantisedAtLoad(shape, dtype) ? "fp8" : "plain";
  const above = MOST_ABOVE[form];
  const recipe = recipeBytes(shape, dtype, tensorParallel);
  const padded = paddedRowBytes(shape, dtype, tensorParallel);
  const layout = expertPaddingBytes(shape, dtype, tensorParallel, gpu);
  const widest = gpu === undefined ? expertPaddingBytes(shape, dtype, tensorParallel, "gfx950") : layout;
  const tower = partsOf(shape, dtype).vision * (1 - 1 / tensorParallel);
  const repeated = repeatedTableBytes(shape, tensorParallel);
  const high =
    stored * (1 + above) +
    made +
    rounding.reserved +
    recipe +
    padded +
    Math.max(layout, widest) +
    tower +
    repeated;
  return {
    name: "weights",
    ...memoryRange(loaded, loaded + made + rounding.allocated + layout, high),
    reason: [
      `${weightsSource(shape, dtype)}${tensorParallel > 1 ? `, one of ${tensorParallel} ranks` : ""}`,
      `${formatBytes(demandedBytes(made))} of tables and ${formatBytes(demandedBytes(rounding.allocated))} that PyTorch's allocator rounds up`,
      `engines load up to ${(above * 100).toFixed(1)} % more`,
      ...upTo(recipe, `if its recipe left attention${shape.experts ? " and shared experts" : ""} in 16 bit`),
      ...upTo(padded, "if vLLM pads its rows, as on ROCm"),
      ...upTo(layout, `to pad the tiles of the experts`),
      ...upTo(tower, "if every rank holds the whole vision tower"),
      ...upTo(repeated, "if the embedding table is loaded twice"),
    ].join("; "),
    calibrated: true,
  };
}

const upTo = (size: number, when: string): readonly string[] =>
  size > 0 ? [`${formatBytes(demandedBytes(size))} ${when}`] : [];

/**
 * A layer for multi-token prediction, on one rank: part of the checkpoint, and loaded for speculative decoding alone, so it
 * counts in the upper bound.
 */
export function predictionBytes(shape: ModelShape, dtype: Dtype, tensorParallel: number): number {
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

/** A table of words that an engine may hold once more than the checkpoint does. */
function repeatedTableBytes(shape: ModelShape, tensorParallel: number): number {
  const { tables = 1 } = ARCHITECTURE[shape.architecture];
  return ((tables - 1) * paddedVocab(shape.vocab) * shape.hidden * bytesPerWeight("bf16")) / tensorParallel;
}

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
