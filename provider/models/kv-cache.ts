import { type Bytes, bytes } from "../bytes.ts";
import type { Serving } from "./defaults.ts";
import { blocksOf, KV_BLOCK_TOKENS } from "./kv-blocks.ts";
import { memoryRange, type MemoryTerm } from "./memory-term.ts";
import { kvElementBytes, resolvePrecision } from "./precision.ts";
import type { ModelShape } from "./shape.ts";
import { kvHeadsPerRank } from "./weights.ts";

/** vLLM keeps the first block of its pool empty (`BlockPool.null_block`), so a guarantee needs one more. */
const NULL_BLOCKS = 1;

/**
 * Bytes of one token in one layer on one rank: keys and values of the rank's heads, or the one compressed vector of
 * latent attention, which every rank holds whole (vLLM 0.33.0 `vllm/v1/kv_cache_interface.py`).
 */
function layerBytesPerToken(shape: ModelShape, elementBytes: number, tensorParallel: number): number {
  return shape.mla
    ? (shape.mla.kvLoraRank + shape.mla.qkRopeDim) * elementBytes
    : kvHeadsPerRank(shape, tensorParallel) * 2 * shape.headDim * elementBytes;
}

/** Bytes of one token in all layers on one rank, windows not considered. */
export const kvBytesPerToken = (shape: ModelShape, elementBytes: number, tensorParallel: number): Bytes =>
  bytes(shape.layers * layerBytesPerToken(shape, elementBytes, tensorParallel));

/** Layers that see the whole context; all of them when the layout of the windows is not known. */
export function fullAttentionLayers(shape: ModelShape): number {
  const every = shape.slidingWindow?.fullAttentionEvery;
  return every === undefined ? shape.layers : Math.floor(shape.layers / every);
}

/**
 * KV cache of one rank. `high` counts every layer as a full one, as vLLM stores them when its hybrid allocator is off;
 * `best` gives sliding layers their window and what can be in flight in one step, `low` the window alone.
 */
export function kvCacheTerm(shape: ModelShape, serving: Serving, tensorParallel: number): MemoryTerm {
  const element = kvElementBytes(serving.kvCacheDtype, resolvePrecision(shape, serving.precision));
  const blockBytes = KV_BLOCK_TOKENS * layerBytesPerToken(shape, element, tensorParallel);
  const length = serving.maxModelLen;
  const blocks = Math.min(
    serving.maxNumSeqs * blocksOf(length),
    Math.max(blocksOf(serving.kvCacheTokens), blocksOf(length)),
  );
  const sequences = Math.ceil(blocks / blocksOf(length));
  const full = fullAttentionLayers(shape);
  const withWindow = (inFlight: number): number => {
    const window = shape.slidingWindow?.window ?? length;
    const perSequence = blocksOf(Math.min(window - 1 + inFlight, length)) + 1;
    const sliding = Math.min(blocks, sequences * perSequence);
    return (full * blocks + (shape.layers - full) * sliding + shape.layers * NULL_BLOCKS) * blockBytes;
  };
  const high = shape.layers * (blocks + NULL_BLOCKS) * blockBytes;
  return {
    name: "KV cache",
    ...memoryRange(withWindow(1), withWindow(serving.maxNumBatchedTokens), high),
    reason:
      `${blocks * KV_BLOCK_TOKENS} tokens of ${kvBytesPerToken(shape, element, tensorParallel)} bytes: ` +
      kvExtent(serving, blocks) +
      (full < shape.layers
        ? `; ${shape.layers - full} of ${shape.layers} layers need only their window`
        : ""),
    calibrated: true,
  };
}

function kvExtent(serving: Serving, blocks: number): string {
  const { maxModelLen, maxNumSeqs } = serving;
  const atFullLength = Math.floor(blocks / blocksOf(maxModelLen));
  return atFullLength < maxNumSeqs
    ? `a budget, ${atFullLength} of ${maxNumSeqs} sequences can reach ${maxModelLen}`
    : `${maxNumSeqs} sequences of ${maxModelLen}`;
}
