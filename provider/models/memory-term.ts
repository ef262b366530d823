import { type Bytes, ceilBytes, sumBytes } from "../bytes.ts";

export const TERM_NAMES = [
  "weights",
  "KV cache",
  "activations",
  "graphs",
  "communication",
  "runtime",
] as const;
export type TermName = (typeof TERM_NAMES)[number];

export interface MemoryRange {
  readonly low: Bytes;
  readonly best: Bytes;
  readonly high: Bytes;
}

/** One part of the memory of one rank. */
export interface MemoryTerm extends MemoryRange {
  readonly name: TermName;
  /** Where the numbers come from, one sentence. */
  readonly reason: string;
  /** Whether the formula was held against logs of real engines. None of them is of an AMD partition. */
  readonly calibrated: boolean;
}

/** A range from numbers that need not be whole; rounded up, as everything demanded is. */
export const memoryRange = (low: number, best: number, high: number): MemoryRange => ({
  low: ceilBytes(low),
  best: ceilBytes(best),
  high: ceilBytes(high),
});

export const sumRanges = (ranges: readonly MemoryRange[]): MemoryRange => ({
  low: sumBytes(ranges.map((range) => range.low)),
  best: sumBytes(ranges.map((range) => range.best)),
  high: sumBytes(ranges.map((range) => range.high)),
});
