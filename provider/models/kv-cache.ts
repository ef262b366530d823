import { type Bytes, bytes } from "../bytes.ts";
import { ARCHITECTURE } from "./architectures.ts";
import type { Serving } from "./defaults.ts";
import { KV_BLOCK_TOKENS } from "./kv-blocks.ts";
import { kvHeadsPerRank } from "./kv-heads.ts";
import { fullAttentionLayers } from "./layers.ts";
import { linearStateBytes } from "./linear-state.ts";
import { memoryRange, type MemoryTerm } from "./memory-term.ts";
import { kvElementBytes, resolvePrecision } from "./precision.ts";
import type { ModelShape } from "./shape.ts";

/** vLLM keeps the first block of its pool empty (`BlockPool.null_block`), so a guarantee needs one more. */
const NULL_BLOCKS = 1;

/**
 * Pages a sequence holds in a layer with a recurrent state: one, or two where prefix caching keeps an aligned copy
 * (`MambaSpec.max_memory_usage_bytes` with `mamba_cache_mode` "align", vLLM 0.33.0).
 */
const STATE_PAGES = { low: 1, best: 1, high: 2 } as const;

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
  bytes(shape.layers * layerBytesPerToken(shape, elementBytes, tensorParallel) + indexerBytesPerToken(shape));

/** Weights of an indexer's key that share a scale. */
const INDEXER_SCALE = 128;

/** Keys of sparse attention's indexer: a byte each and an fp32 scale, whatever the cache is held in (vLLM `deepseek_v2.py`). */
function indexerBytesPerToken(shape: ModelShape): number {
  const indexer = shape.indexer ?? ARCHITECTURE[shape.architecture].indexer;
  return indexer ? indexer.layers * (indexer.headDim + (indexer.headDim / INDEXER_SCALE) * 4) : 0;
}

/**
 * Tokens per block of one rank. Blocks of all layers must be of one size, so a model with recurrent states gets blocks as
 * large as a state (`attn_block_size` in `vllm/platforms/interface.py`, 0.33.0).
 */
export function kvBlockTokens(shape: ModelShape, elementBytes: number, tensorParallel: number): number {
  if (!shape.linearAttention) return KV_BLOCK_TOKENS;
  const state = linearStateBytes(shape.linearAttention, elementBytesOfModel(elementBytes), tensorParallel);
  const perToken = layerBytesPerToken(shape, elementBytes, tensorParallel);
  return KV_BLOCK_TOKENS * Math.ceil(state / (KV_BLOCK_TOKENS * perToken));
}

/** States stay in what the model computes in when the KV cache is quantised. */
const elementBytesOfModel = (kvElement: number): number => Math.max(kvElement, 2);

/** Blocks of the guarantee or of the budget, in one layer that sees the whole context. */
function blocksFor(serving: Serving, blockTokens: number): number {
  const perSequence = Math.ceil(serving.maxModelLen / blockTokens);
  return Math.min(
    serving.maxNumSeqs * perSequence,
    Math.max(Math.ceil(serving.kvCacheTokens / blockTokens), perSequence),
  );
}

/**
 * KV cache of one rank. `high` counts every layer with a window as a full one, as vLLM stores them when its hybrid
 * allocator is off; `best` gives them their window and what can be in flight in one step, `low` the window alone. Layers
 * with a recurrent state hold it for every sequence that runs, however long it is.
 */
export function kvCacheTerm(shape: ModelShape, serving: Serving, tensorParallel: number): MemoryTerm {
  const element = kvElementBytes(serving.kvCacheDtype, resolvePrecision(shape, serving.precision));
  const blockTokens = kvBlockTokens(shape, element, tensorParallel);
  const blockBytes = blockTokens * layerBytesPerToken(shape, element, tensorParallel);
  const length = serving.maxModelLen;
  const blocks = blocksFor(serving, blockTokens);
  const full = fullAttentionLayers(shape);
  const bounded = shape.layers - full;
  const sequences = Math.ceil(blocks / Math.ceil(length / blockTokens));
  const withWindow = (inFlight: number): number => {
    const window = shape.slidingWindow?.window ?? length;
    const perSequence = Math.ceil(Math.min(window - 1 + inFlight, length) / blockTokens) + 1;
    return Math.min(blocks, sequences * perSequence);
  };
  const boundedBlocks = shape.linearAttention
    ? {
        low: serving.maxNumSeqs * STATE_PAGES.low,
        best: serving.maxNumSeqs * STATE_PAGES.best,
        high: serving.maxNumSeqs * STATE_PAGES.high,
      }
    : { low: withWindow(1), best: withWindow(serving.maxNumBatchedTokens), high: blocks };
  const bytesWith = (boundedOf: number): number =>
    (full * blocks + bounded * boundedOf + shape.layers * NULL_BLOCKS) * blockBytes +
    (blocks + NULL_BLOCKS) * blockTokens * indexerBytesPerToken(shape);
  return {
    name: "KV cache",
    ...memoryRange(
      bytesWith(boundedBlocks.low),
      bytesWith(boundedBlocks.best),
      bytesWith(boundedBlocks.high),
    ),
    reason: `${kvTokens(shape, blocks * blockTokens, element, tensorParallel)}: ${kvExtent(serving, blocks, blockTokens)}${boundedLayers(shape, bounded, blockBytes)}`,
    calibrated: true,
  };
}

function kvTokens(shape: ModelShape, tokens: number, element: number, tensorParallel: number): string {
  const perToken = shape.linearAttention
    ? fullAttentionLayers(shape) * layerBytesPerToken(shape, element, tensorParallel)
    : kvBytesPerToken(shape, element, tensorParallel);
  return `${tokens} tokens of ${perToken} bytes`;
}

function boundedLayers(shape: ModelShape, layers: number, blockBytes: number): string {
  if (layers === 0) return "";
  return shape.linearAttention
    ? `; ${layers} of ${shape.layers} layers hold ${blockBytes} bytes of state per sequence instead`
    : `; ${layers} of ${shape.layers} layers need only their window`;
}

function kvExtent(serving: Serving, blocks: number, blockTokens: number): string {
  const { maxModelLen, maxNumSeqs } = serving;
  const atFullLength = Math.floor(blocks / Math.ceil(maxModelLen / blockTokens));
  return atFullLength < maxNumSeqs
    ? `a budget, ${atFullLength} of ${maxNumSeqs} sequences can reach ${maxModelLen}`
    : `${maxNumSeqs} sequences of ${maxModelLen}`;
}
