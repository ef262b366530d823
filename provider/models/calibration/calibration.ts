import type { Bytes } from "../../bytes.ts";
import type { Calibration } from "../../schema/serving.ts";
import { ROUNDED } from "../memory/calibrate.ts";
import { memoryRange, type MemoryTerm, type TermName } from "../memory/memory-term.ts";
import type { VllmLog } from "./vllm-log.ts";

/** A term of the estimate beside what the engine logged of it. */
export interface TermComparison {
  readonly name: TermName;
  readonly estimated: Bytes;
  /** Absent where the log does not say. */
  readonly measured?: Bytes;
  /** (estimated - measured) / measured */
  readonly error?: number;
  /** Whether the measured value is within the estimate's bounds, as far as its printed digits tell. */
  readonly within?: boolean;
}

/** What of a log belongs to which term. vLLM counts communication with the rest that is not PyTorch's. */
const MEASURED: Readonly<Partial<Record<TermName, keyof VllmLog>>> = {
  weights: "weights",
  "KV cache": "kvCache",
  activations: "activations",
  graphs: "graphs",
  runtime: "outsideTorch",
};

/** How the engine was started whose log was read. */
export interface MeasuredRun {
  readonly tensorParallel: number;
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
}

/** Term by term, an estimate against the log of the engine that was started by it. */
export function compareWithLog(
  estimate: { readonly terms: readonly MemoryTerm[] },
  log: VllmLog,
): readonly TermComparison[] {
  const communication = estimate.terms.find(({ name }) => name === "communication");
  return estimate.terms
    .filter(({ name }) => name !== "communication")
    .map((term) => {
      const own = term.name === "runtime" && communication ? sumOf(term, communication) : term;
      const key = MEASURED[term.name];
      const measured = key === undefined ? undefined : (log[key] as Bytes | undefined);
      if (measured === undefined) return { name: term.name, estimated: own.best };
      return {
        name: term.name,
        estimated: own.best,
        measured,
        error: (own.best - measured) / measured,
        within: own.low - ROUNDED <= measured && measured <= own.high + ROUNDED,
      };
    });
}

const sumOf = (one: MemoryTerm, other: MemoryTerm) =>
  memoryRange(one.low + other.low, one.best + other.best, one.high + other.high);

/**
 * What later estimates of the same model, precision and engine can take from a log. The KV cache is no part of it: its size is
 * chosen, not measured.
 */
export function calibrationOf(log: VllmLog, run: MeasuredRun): Calibration {
  const { tensorParallel, maxNumSeqs, maxNumBatchedTokens } = run;
  const measured = {
    weightsBytes: log.weights,
    activationsBytes: log.activations,
    graphsBytes: log.graphs,
    runtimeBytes: log.outsideTorch,
  };
  return {
    tensorParallel,
    maxNumSeqs,
    maxNumBatchedTokens,
    ...Object.fromEntries(Object.entries(measured).filter(([, value]) => value !== undefined)),
  };
}
