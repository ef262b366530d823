import { ceilBytes, formatBytes, mebibytes } from "../bytes.ts";
import { type MemoryRange, memoryRange, type MemoryTerm } from "./memory-term.ts";
import type { ModelShape } from "./shape.ts";

/** Logs are named by the labels of docs/models.md. */
const GRAPHS = {
  /** R5: 0.13 GiB for the 12 layers of opt-125m. */
  perLayer: mebibytes(133) / 12,
  low: mebibytes(133),
  /** R3: the operator of a 24 GB card notes about 1.5 GB. */
  high: mebibytes(1536),
};

/** HIP graphs captured at start-up; they grow with the layers. */
export function graphsTerm(shape: ModelShape): MemoryTerm {
  const best = Math.min(Math.max(GRAPHS.perLayer * shape.layers, GRAPHS.low), GRAPHS.high);
  return {
    name: "graphs",
    ...memoryRange(GRAPHS.low, best, GRAPHS.high),
    reason: `captured graphs of ${shape.layers} layers`,
    calibrated: false,
  };
}

const COMMUNICATION = {
  /** R11: all that was not PyTorch's on one of two ranks is 0.25 GiB, context included. */
  low: mebibytes(205),
  /** AIConfigurator core 0.12.0 (`nccl_mem`): 342 MiB with two ranks, 392 with four or more. RCCL is not calibrated. */
  two: mebibytes(342),
  more: mebibytes(392),
  /** R7: a second rank added 1.79 GiB. */
  high: mebibytes(1833),
};

/** Buffers of collective operations; nothing on one device. */
export function communicationTerm(tensorParallel: number): MemoryTerm {
  const alone = tensorParallel === 1;
  return {
    name: "communication",
    ...(alone
      ? memoryRange(0, 0, 0)
      : memoryRange(
          COMMUNICATION.low,
          tensorParallel === 2 ? COMMUNICATION.two : COMMUNICATION.more,
          COMMUNICATION.high,
        )),
    reason: alone ? "one rank talks to nobody" : `RCCL buffers of ${tensorParallel} ranks`,
    calibrated: false,
  };
}

const RUNTIME = {
  /** R2: 0.05 GiB on CUDA, the least anyone logged. */
  low: mebibytes(51),
  /** R5 and R6: 0.53 and 0.62 GiB on ROCm 6.3 with a 24 GB card. */
  best: mebibytes(543),
  measuredMost: mebibytes(635),
};

/** What PyTorch's allocator keeps of the device beyond the tensors that live at the peak: blocks split, rounded, pinned. */
const ALLOCATOR = {
  /** What vLLM itself leaves free for it when it suggests a size for the KV cache. */
  least: mebibytes(150),
  /**
   * R7, whose profiler counted it (`memory_profiling` in `vllm/utils.py`, 0.6.5): after a peak of 1.26 GiB the allocator
   * still had 1.63 GiB, the 1.79 logged less the 0.16 that are not PyTorch's on such a card.
   */
  ofPeak: 0.3,
};

/** The HIP context, kernels and libraries, and in the upper bound what PyTorch's allocator keeps. */
export function runtimeTerm(activations: MemoryRange): MemoryTerm {
  const allocator = Math.max(ALLOCATOR.least, activations.high * ALLOCATOR.ofPeak);
  return {
    name: "runtime",
    ...memoryRange(RUNTIME.low, RUNTIME.best, RUNTIME.measuredMost + allocator),
    reason: `HIP context and libraries as measured on ROCm, and up to ${formatBytes(ceilBytes(allocator))} that PyTorch's allocator keeps`,
    calibrated: false,
  };
}
