import type { Serving } from "./defaults.ts";
import { memoryRange, type MemoryTerm } from "./memory-term.ts";
import type { ModelShape } from "./shape.ts";

/** Bytes of an activation and of a logit. */
const ACTIVATION_BYTES = 2;
const LOGIT_BYTES = 4;

/**
 * Tensors alive at the peak of one layer, counted per token: of width `hidden` the residual, the normalised input, the
 * attention's output and its projection; of width `ffn` gate, up and their product. `low` lets the allocator reuse half.
 */
const LIVE = { low: { hidden: 2, ffn: 2 }, high: { hidden: 4, ffn: 3 } } as const;

/**
 * Copies of the logits the sampler holds: one at least, 4 in vLLM V1 (log R13), 10 in V0 (logs R5, R6, R7; labels of
 * docs/models.md).
 */
const LOGIT_COPIES = { low: 1, best: 4, high: 10 } as const;

/**
 * Memory that a step needs beside weights and KV cache: the larger of the layers' peak and the sampler's, and in `high`
 * both at once.
 */
export function activationTerm(shape: ModelShape, serving: Serving, tensorParallel: number): MemoryTerm {
  const logits = serving.maxNumSeqs * shape.vocab * LOGIT_BYTES;
  const low = layerPeak(shape, serving, tensorParallel, "low");
  const high = layerPeak(shape, serving, tensorParallel, "high");
  return {
    name: "activations",
    ...memoryRange(
      Math.max(low, logits * LOGIT_COPIES.low),
      Math.max(high, logits * LOGIT_COPIES.best),
      high + logits * LOGIT_COPIES.high,
    ),
    reason: `a step of ${serving.maxNumBatchedTokens} tokens, logits of ${serving.maxNumSeqs} sequences`,
    calibrated: false,
  };
}

function layerPeak(
  shape: ModelShape,
  serving: Serving,
  tensorParallel: number,
  bound: keyof typeof LIVE,
): number {
  const live = LIVE[bound];
  const ffn = (live.ffn * shape.ffn) / tensorParallel;
  // A token goes through several experts, and each of them writes an output of its own before they are summed.
  const feedForward = shape.experts ? shape.experts.active * (ffn + shape.hidden) : ffn;
  return ACTIVATION_BYTES * serving.maxNumBatchedTokens * (live.hidden * shape.hidden + feedForward);
}
