import { type Bytes, mebibytes } from "../../bytes.ts";
import type { GpuArchitecture } from "../../schema/serving.ts";

/** What an engine takes on one kind of GPU beside weights and cache. Logs are named by the labels of docs/models.md. */
export interface Platform {
  /** Copies of the logits that the sampler holds at its peak. */
  readonly logitCopies: number;
  /** What is not PyTorch's after the start: context, code objects, workspaces of libraries. */
  readonly runtime: { readonly low: Bytes; readonly best: Bytes; readonly high: Bytes };
  /** Buffers of collective operations. */
  readonly communication: { readonly two: Bytes; readonly more: Bytes };
  /** Rows and columns of an expert in mxfp4 are filled up to a multiple of these. */
  readonly expertPadding: { readonly hidden: number; readonly width: number };
}

/**
 * Instinct: a sampler in plain PyTorch (`TopKTopPSampler` of vLLM 0.33.0 without AITER) held 5.6 copies of the logits in I4 and
 * about 6 in I1 and R9. Outside the allocator 1.79 GiB (I5) and 1.30 GiB (I6) after the start, 0.52 of it from the beginning;
 * totals of I1, I2 and R9 agree with 1.5. Other ROCm cards took 0.05 at least. On all CUs of a GPU: a partition has fewer, so that this is an upper reading there.
 */
const INSTINCT: Platform = {
  logitCopies: 6,
  runtime: { low: mebibytes(51), best: mebibytes(1536), high: mebibytes(1833) },
  communication: { two: mebibytes(1024), more: mebibytes(1024) },
  // matmul_ogs takes blocks of 128 before CDNA 4 (`mxfp4_round_up_hidden_size_and_intermediate_size`, vLLM 0.33.0).
  expertPadding: { hidden: 128, width: 128 },
};

/** AIConfigurator core 0.12.0 (`nccl_mem`): 342 MiB with two ranks, 392 with four or more. */
const NCCL = { two: mebibytes(342), more: mebibytes(392) } as const;

/**
 * Four copies: R13. Outside the allocator 0.05 (R2), 0.11 (R13), 0.12 (R4), 0.16 (R7), 0.30 GiB
 * (R15).
 */
const CUDA: Platform = {
  logitCopies: 4,
  runtime: { low: mebibytes(51), best: mebibytes(160), high: mebibytes(635) },
  communication: NCCL,
  expertPadding: { hidden: 32, width: 64 },
};

export const PLATFORM: Readonly<Record<GpuArchitecture, Platform>> = {
  gfx942: INSTINCT,
  gfx950: { ...INSTINCT, expertPadding: { hidden: 256, width: 256 } },
  /** Radeon: R5 and R6, of the first engine of vLLM, whose sampler held 10 copies. */
  gfx1100: {
    ...INSTINCT,
    logitCopies: 10,
    runtime: { low: mebibytes(51), best: mebibytes(589), high: mebibytes(635) },
    communication: NCCL,
  },
  // Marlin.
  sm80: { ...CUDA, expertPadding: { hidden: 256, width: 128 } },
  sm90: CUDA,
};

export const platformOf = (architecture: GpuArchitecture | undefined): Platform =>
  PLATFORM[architecture ?? "gfx942"];

/** What PyTorch's allocator keeps of the device beyond the tensors that live at the peak: blocks split, rounded, pinned. */
export const ALLOCATOR = {
  /** What vLLM itself leaves free for it when it suggests a size for the KV cache. */
  least: mebibytes(150),
  /**
   * R7, whose profiler counted it (`memory_profiling` in `vllm/utils.py`, 0.6.5): after a peak of 1.26 GiB the allocator
   * still had 1.63 GiB, the 1.79 logged less the 0.16 that are not PyTorch's on such a card.
   */
  ofPeak: 0.3,
} as const;
