import type { EngineLog } from "./engine-log.ts";
import { LOGS } from "./logs.ts";
import { estimateOfLog, withoutKvCache } from "./ours.ts";

const GIBI = 1024 ** 3;

/** A log that says what the engine took in all. */
export type TotalLog = EngineLog & { readonly total: number };

export const TOTALS: readonly TotalLog[] = LOGS.filter((log): log is TotalLog => log.total !== undefined);

/** Signed, of the measured value. */
export const relativeError = (estimated: number, measured: number): number =>
  (estimated - measured) / measured;

export const bestOf = (log: EngineLog): number => estimateOfLog(log).best / GIBI;

export interface Score {
  /** Mean of the errors without their signs. */
  readonly meanError: number;
  readonly worst: number;
}

export function score(logs: readonly TotalLog[], estimate: (log: TotalLog) => number | undefined): Score {
  const errors = logs.flatMap((log) => {
    const value = estimate(log);
    return value === undefined ? [] : [Math.abs(relativeError(value, log.total))];
  });
  return {
    meanError: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    worst: Math.max(...errors),
  };
}

/** GiB of a log that are not KV cache, what its engine counted in two places taken once. */
export const restOf = (log: TotalLog): number => log.total - (log.kvCache ?? 0) - (log.countedTwice ?? 0);

/** Logs that tell what was used, and not only what it was at most. */
export const MEASURED = TOTALS.filter(({ measuredAtMost }) => measuredAtMost === undefined);

/** Of what is not KV cache, which is most of the memory and the same for all formulas. */
export function scoreOfRest(
  logs: readonly TotalLog[],
  estimate: (log: TotalLog) => number = (log) => withoutKvCache(log).best / GIBI,
): Score {
  const errors = logs.map((log) => Math.abs(relativeError(estimate(log), restOf(log))));
  return {
    meanError: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    worst: Math.max(...errors),
  };
}
