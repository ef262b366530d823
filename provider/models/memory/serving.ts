import type { EngineName } from "../../schema/engine.ts";
import type { KvCacheDtype, Precision } from "../../schema/precision.ts";
import type { GpuArchitecture, Lora, Speculative } from "../../schema/serving.ts";
import type { Calibration, ServingOptions } from "../../schema/serving.ts";
import { kvElementBytes, resolvePrecision } from "../shape/precision.ts";
import type { ModelShape } from "../shape/shape.ts";
import { blocksOf, KV_BLOCK_TOKENS } from "./kv-cache/block-tokens.ts";
import { kvBlockTokens } from "./kv-cache/block-tokens.ts";

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
  /** @default "vllm" */
  readonly engine?: EngineName;
  /** @default true */
  readonly prefixCaching?: boolean;
  /** @default false */
  readonly enforceEager?: boolean;
  /** Bytes of each rank that only the user knows of. @default 0 */
  readonly extraBytes?: number;
  /** Images a prompt may carry. @default what the model's kind has by default */
  readonly imagesPerPrompt?: number;
  /** @default "gfx942" */
  readonly gpuArchitecture?: GpuArchitecture;
  readonly expertParallel?: boolean;
  readonly lora?: Lora;
  readonly speculative?: Speculative;
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
    maxNumBatchedTokens: options.maxNumBatchedTokens ?? defaultBatch(shape, options, maxNumSeqs),
    kvCacheTokens: options.kvCacheTokens ?? maxNumSeqs * blocksOf(maxModelLen) * KV_BLOCK_TOKENS,
    ...given(options),
  };
}

/** At least a token of every sequence, and a block of a model with recurrent states, whose blocks are long. */
function defaultBatch(shape: ModelShape, options: ServingOptions, maxNumSeqs: number): number {
  const element = kvElementBytes(options.kvCacheDtype, resolvePrecision(shape, options.precision));
  const block = options.prefixCaching === false ? 0 : kvBlockTokens(shape, element, 1);
  return Math.max(DEFAULT_MAX_NUM_BATCHED_TOKENS, maxNumSeqs, block);
}

/** What is only there when it was asked for, so that an allocation which does not ask has no more fields than before. */
function given(options: ServingOptions): Partial<Serving> {
  const { engine, calibration, prefixCaching, enforceEager, extraBytes } = options;
  const { imagesPerPrompt, gpuArchitecture, expertParallel, lora, speculative } = options;
  return {
    ...(engine !== "vllm" && { engine }),
    ...(calibration && { calibration }),
    ...(prefixCaching !== undefined && { prefixCaching }),
    ...(enforceEager !== undefined && { enforceEager }),
    ...(extraBytes !== undefined && { extraBytes }),
    ...(imagesPerPrompt !== undefined && { imagesPerPrompt }),
    ...(gpuArchitecture && { gpuArchitecture }),
    ...(expertParallel !== undefined && { expertParallel }),
    ...(lora && { lora }),
    ...(speculative && { speculative }),
  };
}
