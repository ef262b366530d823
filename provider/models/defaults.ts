import type { Calibration, KvCacheDtype, Precision, ServingOptions } from "../schema/model.ts";
import { blocksOf, KV_BLOCK_TOKENS } from "./kv-blocks.ts";
import type { ModelShape } from "./shape.ts";

/** Longest sequence when none is asked for; a shorter context of the model's own wins. */
const DEFAULT_MAX_MODEL_LEN = 8192;
const DEFAULT_MAX_NUM_SEQS = 16;
/**
 * vLLM's own default for a device below 70 GiB (`vllm/engine/arg_utils.py`, 0.33.0). Fixed here, because vLLM picks it by
 * the memory that amd-smi reports, which on a partition can be that of the whole GPU.
 */
const DEFAULT_MAX_NUM_BATCHED_TOKENS = 2048;

/** How a model is served, nothing left open. */
export interface Serving {
  readonly precision: Precision;
  readonly kvCacheDtype: KvCacheDtype;
  readonly maxModelLen: number;
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  /** Tokens the KV cache holds, all sequences together. */
  readonly kvCacheTokens: number;
  /** What was measured of a run like it. */
  readonly calibration?: Calibration;
}

export function resolveServing(shape: ModelShape, options: ServingOptions): Serving {
  const maxModelLen =
    options.maxModelLen ?? Math.min(shape.maxContext ?? DEFAULT_MAX_MODEL_LEN, DEFAULT_MAX_MODEL_LEN);
  const maxNumSeqs = options.maxNumSeqs ?? DEFAULT_MAX_NUM_SEQS;
  return {
    precision: options.precision,
    kvCacheDtype: options.kvCacheDtype,
    maxModelLen,
    maxNumSeqs,
    maxNumBatchedTokens: options.maxNumBatchedTokens ?? Math.max(DEFAULT_MAX_NUM_BATCHED_TOKENS, maxNumSeqs),
    kvCacheTokens: options.kvCacheTokens ?? maxNumSeqs * blocksOf(maxModelLen) * KV_BLOCK_TOKENS,
    ...(options.calibration && { calibration: options.calibration }),
  };
}
