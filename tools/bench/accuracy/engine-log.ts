import type { ModelShape } from "../../../provider/models/shape/shape.ts";
import type { GpuArchitecture } from "../../../provider/schema/serving.ts";

/** What an engine said about its memory, in public, and how it was started. Sizes in GiB, of one rank. */
export interface EngineLog {
  /** As in docs/models.md. */
  readonly label: string;
  readonly model: ModelShape;
  readonly card: string;
  readonly platform: "CUDA" | "ROCm";
  readonly engine: string;
  readonly source: string;
  readonly tensorParallel: number;
  /** How it was served. Where a log does not say, the defaults of its engine. */
  readonly serving: {
    readonly kvCacheDtype?: "fp8";
    readonly precision?: "fp16";
    readonly maxModelLen: number;
    readonly maxNumSeqs: number;
    readonly maxNumBatchedTokens: number;
    readonly prefixCaching?: boolean;
    readonly imagesPerPrompt?: number;
    readonly engine?: "sglang";
  };
  /** @default gfx942 on ROCm; on CUDA by the card */
  readonly gpuArchitecture?: GpuArchitecture;
  /** What was logged as loaded. */
  readonly weights?: number;
  /** vLLM on ROCm, from V1 to 0.17: what the device had in use more than before. @default "tensors", as PyTorch counts them */
  readonly weightsAre?: "in use";
  readonly activations?: number;
  /** Outside PyTorch: context, libraries, communication. */
  readonly outsideTorch?: number;
  readonly graphs?: number;
  readonly kvCache?: number;
  /** That the KV cache holds. */
  readonly kvTokens?: number;
  /**
   * Tokens that one group of layers has blocks for: what vLLM prints as the size of a cache whose layers keep differently
   * (`get_num_blocks` // groups x block size, `kv_cache_utils.py`).
   */
  readonly kvGroupTokens?: number;
  /** Sequences of `maxModelLen` that it holds: of models whose layers keep differently, tokens say nothing. */
  readonly kvSequences?: number;
  /** All that the engine accounted for: its share of the card, or the sum of what it listed. */
  readonly total?: number;
  /** Of `total`: what its engine counted in two places. */
  readonly countedTwice?: number;
  /** Why `total` is no more than a bound of what was used. */
  readonly measuredAtMost?: string;
  /** Whether captured graphs are within `total`: not before vLLM 0.21, and not with --enforce-eager. */
  readonly totalHoldsGraphs: boolean;
  /** Constants of the best guess that were taken from this log. A log without any judges it. */
  readonly fitted: readonly string[];
  /** Constants of the bounds that were. A log without any judges the interval. */
  readonly fittedBounds: readonly string[];
  /** What does not agree, and why. */
  readonly except?: { readonly weights?: string; readonly kvCache?: string };
}
