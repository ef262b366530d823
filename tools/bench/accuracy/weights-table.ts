import { table } from "../table.ts";
import type { EngineLog } from "./engine-log.ts";
import { LOGS } from "./logs.ts";
import { loadedOfLog } from "./ours.ts";
import { percent } from "./percent.ts";
import { relativeError } from "./score.ts";

const GIBI = 1024 ** 3;

/** A log that says what was loaded. */
export type LoadedLog = EngineLog & { readonly weights: number };

/** R14 does not say in which unit. */
export const LOADED: readonly LoadedLog[] = LOGS.filter(
  (log): log is LoadedLog => log.weights !== undefined && log.label !== "R14",
);

export const loadedError = (log: LoadedLog): number =>
  relativeError(loadedOfLog(log).best / GIBI, log.weights);

/** Nearer than half a per cent is near. */
export const NEAR = 0.005;

export function weightsTable(): readonly string[] {
  const near = LOADED.filter((log) => Math.abs(loadedError(log)) < NEAR);
  return [
    `Weights: what was logged as loaded, and what is counted. No share is fitted: tensors, tables, and what PyTorch's allocator rounds up. ${near.length} of ${LOADED.length} logs are within 0.5 %.`,
    table(
      ["log", "model", "ranks", "logged GiB", "counts", "best", "high", "error %", "why"],
      LOADED.map((log) => {
        const { best, high } = loadedOfLog(log);
        return [
          log.label,
          log.model.id,
          String(log.tensorParallel),
          log.weights.toFixed(2),
          log.weightsAre ?? "tensors",
          (best / GIBI).toFixed(2),
          (high / GIBI).toFixed(2),
          percent(loadedError(log), 2),
          log.except?.weights ?? "",
        ];
      }),
    ),
  ];
}
