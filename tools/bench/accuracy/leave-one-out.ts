import { type Bytes, mebibytes } from "../../../provider/bytes.ts";
import { type Platform, platformOf } from "../../../provider/models/memory/platform.ts";
import type { GpuArchitecture } from "../../../provider/schema/serving.ts";
import { architectureOf, withoutKvCache } from "./ours.ts";
import { MEASURED, relativeError, restOf, type TotalLog } from "./score.ts";

const GIBI = 1024 ** 3;

/** The constants that are fitted to totals; all others are read in sources, or are bounds. */
export interface Constants {
  /** Copies of the logits. */
  readonly copies: number;
  /** MiB outside the allocator. */
  readonly runtime: number;
  /** MiB for collective operations of two ranks. */
  readonly communication: number;
}

const range = (from: number, to: number, step: number): readonly number[] =>
  Array.from({ length: Math.round((to - from) / step) + 1 }, (_, index) => from + index * step);

const GRID = {
  copies: range(1, 12, 0.5),
  runtime: range(0, 2560, 64),
  communication: range(0, 2048, 128),
} as const;

/** Logs whose GPU has the same constants. */
export const alikeTo = (log: TotalLog): readonly TotalLog[] =>
  MEASURED.filter((other) => kindOf(other) === kindOf(log));

function kindOf(log: TotalLog): "Instinct" | "Radeon" | "CUDA" {
  const architecture = architectureOf(log);
  if (architecture === "gfx1100") return "Radeon";
  return architecture.startsWith("gfx") ? "Instinct" : "CUDA";
}

/** GiB without the KV cache that these constants give; the runtime and the communication are added, the copies are not. */
function restWith(log: TotalLog, { copies, runtime, communication }: Constants): number {
  return baseOf(log, copies) + runtime / 1024 + (log.tensorParallel === 2 ? communication / 1024 : 0);
}

const BASES = new Map<string, number>();

function baseOf(log: TotalLog, copies: number): number {
  const key = `${log.label} ${copies}`;
  const base = BASES.get(key) ?? withoutKvCache(log, nothingBut(architectureOf(log), copies)).best / GIBI;
  BASES.set(key, base);
  return base;
}

const NONE: Bytes = mebibytes(0);

function nothingBut(architecture: GpuArchitecture, logitCopies: number): Platform {
  const platform = platformOf(architecture);
  return {
    ...platform,
    logitCopies,
    runtime: { ...platform.runtime, low: NONE, best: NONE },
    communication: { two: NONE, more: NONE },
  };
}

const NCCL_OF_TWO = 342;

/**
 * The constants with the least mean error, without the KV cache, over some logs of one kind of GPU. What none of them tells, the
 * communication where no log is of two ranks, is AIConfigurator's.
 */
export function fit(logs: readonly TotalLog[]): Constants {
  const twoRanks = logs.some(({ tensorParallel }) => tensorParallel === 2);
  const communications = twoRanks ? GRID.communication : [NCCL_OF_TWO];
  const candidates = GRID.copies.flatMap((copies) =>
    GRID.runtime.flatMap((runtime) =>
      communications.map((communication) => ({ copies, runtime, communication })),
    ),
  );
  const scored = candidates.map((constants) => ({ constants, error: meanErrorWith(logs, constants) }));
  const [first, ...others] = scored;
  if (!first || logs.length === 0) throw new Error("there is nothing to fit to");
  return others.reduce((best, one) => (one.error < best.error - 1e-9 ? one : best), first).constants;
}

export const errorWith = (log: TotalLog, constants: Constants): number =>
  relativeError(restWith(log, constants), restOf(log));

const meanErrorWith = (logs: readonly TotalLog[], constants: Constants): number =>
  logs.reduce((sum, log) => sum + Math.abs(errorWith(log, constants)), 0) / logs.length;

const FITS = new Map<string, Constants>();

/** Constants from all logs of the same kind of GPU but this one. */
export function fitWithout(log: TotalLog): Constants {
  const constants = FITS.get(log.label) ?? fit(alikeTo(log).filter(({ label }) => label !== log.label));
  FITS.set(log.label, constants);
  return constants;
}
