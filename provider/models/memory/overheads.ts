import { formatBytes, mebibytes } from "../../bytes.ts";
import type { ModelShape } from "../shape/shape.ts";
import { demandedBytes, type MemoryRange, memoryRange, type MemoryTerm } from "./memory-term.ts";
import { ALLOCATOR, type Platform } from "./platform.ts";
import type { Serving } from "./serving.ts";

/**
 * Of one layer in one captured size. Logs: 0.12 (I1), 0.22 (R5), 0.33 (I2), 0.99 (G2), 1.25 (G1), 2.24 MiB (I4). `best` is near
 * their geometric mean, `high` above all of them.
 */
const GRAPH = { best: mebibytes(1) * 0.5, high: mebibytes(1) * 2.4, least: mebibytes(64) } as const;

/** Graphs are captured for steps of up to twice as many tokens as sequences, 512 at most. */
const LARGEST_SIZE = 512;

/**
 * How many sizes of a step vLLM captures: 1, 2 and 4, every eighth up to 256 and every sixteenth beyond
 * (`_set_cudagraph_sizes` in `vllm/config/vllm.py`, 0.33.0).
 */
export function capturedSizes(maxNumSeqs: number): number {
  const largest = Math.min(2 * maxNumSeqs, LARGEST_SIZE);
  const small = [1, 2, 4].filter((size) => size <= largest).length;
  return small + Math.floor(Math.min(largest, 255) / 8) + Math.max(0, Math.floor((largest - 256) / 16) + 1);
}

/** HIP graphs captured at start-up; they grow with the layers and with the sizes that are captured. */
export function graphsTerm(shape: ModelShape, serving: Serving): MemoryTerm {
  if (serving.enforceEager) {
    return {
      name: "graphs",
      ...memoryRange(0, 0, 0),
      reason: "eager mode captures no graphs",
      calibrated: false,
    };
  }
  if (serving.engine === "sglang") return sglangGraphs(serving);
  const sizes = capturedSizes(serving.maxNumSeqs);
  const captured = shape.layers * sizes;
  return {
    name: "graphs",
    ...memoryRange(
      0,
      Math.max(captured * GRAPH.best, GRAPH.least),
      Math.max(captured * GRAPH.high, 2 * GRAPH.least),
    ),
    reason: `captured graphs of ${shape.layers} layers in ${sizes} sizes`,
    calibrated: false,
  };
}

/** 2 MiB a sequence (`srt/arg_groups/memory_hook.py`, SGLang 0.5.23). */
function sglangGraphs({ maxNumSeqs }: Serving): MemoryTerm {
  const size = Math.max(maxNumSeqs * mebibytes(2), GRAPH.least);
  return {
    name: "graphs",
    ...memoryRange(0, size, 2 * size),
    reason: `captured graphs of up to ${maxNumSeqs} sequences`,
    calibrated: false,
  };
}

const COMMUNICATION = {
  /** R11: all that was not PyTorch's on one of two ranks is 0.25 GiB, context included. */
  low: mebibytes(205),
  /** R7: a second rank added 1.79 GiB. */
  high: mebibytes(1833),
};

/** Buffers of collective operations; nothing on one device. */
export function communicationTerm({ communication }: Platform, tensorParallel: number): MemoryTerm {
  const alone = tensorParallel === 1;
  const { two, more } = communication;
  return {
    name: "communication",
    ...(alone
      ? memoryRange(0, 0, 0)
      : memoryRange(COMMUNICATION.low, tensorParallel === 2 ? two : more, COMMUNICATION.high)),
    reason: alone ? "one rank does not communicate" : `RCCL buffers of ${tensorParallel} ranks`,
    calibrated: false,
  };
}

/** Bytes of a partial result of attention, and of the two numbers that join it with others. */
const PARTIAL_BYTES = 4;
const PARTIAL_TOKENS = 256;

/**
 * SGLang with AITER holds the partial results of attention for every sequence that may run, over its whole length
 * (`aiter_backend.py`): 51.75 GiB where nobody bounded them (S2).
 */
export function attentionWorkspace(shape: ModelShape, serving: Serving, tensorParallel: number): number {
  if (serving.engine !== "sglang" || shape.encoder) return 0;
  const parts = serving.maxNumSeqs * Math.ceil(serving.maxModelLen / PARTIAL_TOKENS);
  return (parts * shape.heads * (shape.headDim + 2) * PARTIAL_BYTES) / tensorParallel;
}

/** The HIP context, kernels and libraries, and in the upper bound what PyTorch's allocator keeps of a step. */
export function runtimeTerm(activations: MemoryRange, { runtime }: Platform, workspace: number): MemoryTerm {
  const allocator = Math.max(ALLOCATOR.least, activations.high * ALLOCATOR.ofPeak);
  return {
    name: "runtime",
    ...memoryRange(runtime.low + workspace, runtime.best + workspace, runtime.high + allocator + workspace),
    reason: [
      `HIP context, code and workspaces of libraries`,
      `up to ${formatBytes(demandedBytes(allocator))} that PyTorch's allocator keeps after a step`,
      ...(workspace > 0 ? [`${formatBytes(demandedBytes(workspace))} for SGLang's split attention`] : []),
    ].join("; "),
    calibrated: false,
  };
}
