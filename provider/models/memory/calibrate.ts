import type { Calibration } from "../../schema/serving.ts";
import { memoryRange, type MemoryTerm, type TermName } from "./memory-term.ts";
import type { Serving } from "./serving.ts";

/** Logs print hundredths of a GiB. */
export const ROUNDED = 0.005 * 1024 ** 3;

/** A printed digit more or less, and the next start is never quite the same. */
const PRINTED = 2 * ROUNDED;
const NEXT_START = 0.02;

/**
 * The terms with what was measured in their place, as far as it is of the same ranks and of no smaller a batch.
 */
export function calibrate(
  terms: readonly MemoryTerm[],
  calibration: Calibration | undefined,
  serving: Serving,
  tensorParallel: number,
): readonly MemoryTerm[] {
  if (calibration === undefined || calibration.tensorParallel !== tensorParallel) return terms;
  const sameBatch =
    serving.maxNumSeqs <= calibration.maxNumSeqs &&
    serving.maxNumBatchedTokens <= calibration.maxNumBatchedTokens;
  const measured: Readonly<Partial<Record<TermName, number | undefined>>> = {
    weights: calibration.weightsBytes,
    activations: sameBatch ? calibration.activationsBytes : undefined,
    graphs: sameBatch ? calibration.graphsBytes : undefined,
    runtime: calibration.runtimeBytes,
    // What is not PyTorch's was measured in one.
    communication: calibration.runtimeBytes === undefined ? undefined : 0,
  };
  return terms.map((term) => {
    const value = measured[term.name];
    return value === undefined ? term : measuredTerm(term, value);
  });
}

function measuredTerm(term: MemoryTerm, value: number): MemoryTerm {
  const margin = value === 0 ? 0 : PRINTED + value * NEXT_START;
  return {
    ...term,
    ...memoryRange(Math.max(value - margin, 0), value, value + margin),
    reason:
      value === 0
        ? "measured together with the runtime"
        : `measured: ${value} bytes in a start-up log, plus or minus 2 % and one unit of the last printed digit`,
    calibrated: true,
  };
}
