import { formatBytes, mebibytes } from "../../bytes.ts";
import type { ModelShape } from "../shape/shape.ts";
import { visionTowerOf } from "../shape/vision-towers.ts";
import { profiledImages } from "./images.ts";
import { demandedBytes, memoryRange, type MemoryTerm } from "./memory-term.ts";
import type { Platform } from "./platform.ts";
import type { Serving } from "./serving.ts";

/** Bytes of an activation and of a logit. */
const ACTIVATION_BYTES = 2;
const LOGIT_BYTES = 4;

/**
 * Tensors alive at the peak of one layer, counted per token: of width `hidden` the residual, the normalised input, the
 * attention's output and its projection; of width `ffn` gate, up and their product. `low` lets the allocator reuse half.
 */
const LIVE = {
  low: { hidden: 2, ffn: 2 },
  best: { hidden: 4, ffn: 3 },
  high: { hidden: 4, ffn: 3 },
} as const;

/** A tower's layer has no gate, and runs with nothing captured. `high` is for what attention over all patches holds. */
const TOWER_LIVE = {
  low: { hidden: 2, ffn: 1 },
  best: { hidden: 4, ffn: 2 },
  high: { hidden: 8, ffn: 3 },
} as const;

/** Copies of the logits the sampler holds: one at least, 10 in vLLM V0 (logs R5, R6, R7; labels of docs/models.md). */
const LOGIT_COPIES = { low: 1, high: 10 } as const;

type Bound = keyof typeof LIVE;

/**
 * Memory that a step needs beside weights and KV cache: the larger of the layers' peak, the sampler's and the vision tower's,
 * and in `high` the first two at once.
 */
export function activationTerm(
  shape: ModelShape,
  serving: Serving,
  tensorParallel: number,
  { logitCopies: copies }: Platform,
): MemoryTerm {
  const sequences = shape.encoder ? 0 : serving.maxNumSeqs;
  const logits = sequences * shape.vocab * LOGIT_BYTES;
  const text = (bound: Bound) => layerPeak(shape, serving, tensorParallel, bound);
  const images = (bound: Bound) => imagePass(shape, serving, bound);
  const cache = encoderCache(shape, serving);
  const reserve = serving.engine === "sglang" ? sglangReserve(serving) : 0;
  return {
    name: "activations",
    ...memoryRange(
      Math.max(text("low"), logits * LOGIT_COPIES.low, images("low")) + cache,
      Math.max(text("best"), logits * copies, images("best"), reserve) + cache,
      Math.max(text("high") + logits * LOGIT_COPIES.high, images("high"), reserve) + cache,
    ),
    reason: `a step of ${serving.maxNumBatchedTokens} tokens, logits of ${sequences} sequences${seen(shape, serving)}`,
    calibrated: false,
  };
}

/**
 * What SGLang leaves free for a step: 512 MiB and 1.5 MiB a token (`srt/arg_groups/memory_hook.py`, 0.5.23), which together with
 * 2 MiB of graphs a sequence meets the total of I6.
 */
const sglangReserve = ({ maxNumBatchedTokens }: Serving): number =>
  mebibytes(512) + 1.5 * mebibytes(1) * Math.max(maxNumBatchedTokens, 2048);

function layerPeak(shape: ModelShape, serving: Serving, tensorParallel: number, bound: Bound): number {
  const live = LIVE[bound];
  const ffn = (live.ffn * shape.ffn) / tensorParallel;
  // A token goes through several experts, and each of them writes an output of its own before they are summed.
  const feedForward = shape.experts ? shape.experts.active * (ffn + shape.hidden) : ffn;
  return ACTIVATION_BYTES * serving.maxNumBatchedTokens * (live.hidden * shape.hidden + feedForward);
}

/** The tower sees the largest images at start-up, before the engine measures what is free. */
function imagePass(shape: ModelShape, serving: Serving, bound: Bound): number {
  const tower = visionTowerOf(shape);
  if (!tower) return 0;
  const live = TOWER_LIVE[bound];
  const patches = profiledImages(tower, serving) * tower.patches;
  return ACTIVATION_BYTES * patches * (live.hidden * tower.hidden + live.ffn * tower.ffn);
}

/** Embeddings of images that wait for the language model: a step's tokens, and at least one image of the largest size. */
function encoderCache(shape: ModelShape, serving: Serving): number {
  const tower = visionTowerOf(shape);
  if (!tower || profiledImages(tower, serving) === 0) return 0;
  const tokens = Math.max(serving.maxNumBatchedTokens, tower.tokens);
  return ACTIVATION_BYTES * tokens * shape.hidden * (tower.outputs ?? 1);
}

function seen(shape: ModelShape, serving: Serving): string {
  const tower = visionTowerOf(shape);
  if (!tower) return "";
  const images = profiledImages(tower, serving);
  if (images === 0) return "; no images";
  const pass = formatBytes(demandedBytes(imagePass(shape, serving, "best")));
  return `; ${images} images of ${tower.patches} patches through the vision tower at start-up, ${pass}`;
}
