import { type Bytes, ceilBytes, sumBytes } from "../../bytes.ts";

export const TERM_NAMES = [
  "weights",
  "KV cache",
  "activations",
  "graphs",
  "communication",
  "runtime",
] as const;
/** Terms that are there when they were asked for. */
const ASKED_FOR = ["adapters", "speculation", "extra"] as const;
export type TermName = (typeof TERM_NAMES)[number] | (typeof ASKED_FOR)[number];

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

/**
 * More than any device has: a term that asks for more is held at this, so that sums stay whole numbers and the answer is that
 * the model does not fit.
 */
const MOST = 2 ** 49;

/** Rounded up, as everything demanded is. */
export const demandedBytes = (value: number): Bytes => ceilBytes(Math.min(value, MOST));

/** A range from numbers that need not be whole. */
export const memoryRange = (low: number, best: number, high: number): MemoryRange => ({
  low: demandedBytes(low),
  best: demandedBytes(best),
  high: demandedBytes(high),
});

export const sumRanges = (ranges: readonly MemoryRange[]): MemoryRange => ({
  low: sumBytes(ranges.map((range) => range.low)),
  best: sumBytes(ranges.map((range) => range.best)),
  high: sumBytes(ranges.map((range) => range.high)),
});
