import type { Bdf } from "../topology/layout.ts";
import type { Refusal } from "./request.ts";

/** One GPU, or GPUs of one host together, that cannot take a model, and the inequality that failed there. */
export interface Miss {
  readonly hostId: string;
  /** Absent where several were looked at together. */
  readonly gpu?: Bdf;
  /** How many were looked at together. */
  readonly gpus?: number;
  readonly refusal: Refusal;
  /** How many more GPUs fail by the same numbers. */
  readonly alike: number;
}

export type SingleMiss = Omit<Miss, "alike">;

/** How many candidates a refusal shows: enough to choose from, few enough to be read. */
const SHOWN = 3;

/** The candidates that came nearest, each different from the others. */
export function nearestMisses(misses: readonly SingleMiss[]): readonly Miss[] {
  const groups = new Map<string, { readonly first: SingleMiss; count: number }>();
  for (const miss of misses.toSorted((a, b) => missedBy(a.refusal) - missedBy(b.refusal))) {
    const key = `${miss.gpus ?? 1} ${numbersOf(miss.refusal)}`;
    const group = groups.get(key);
    if (group) group.count += 1;
    else groups.set(key, { first: miss, count: 1 });
  }
  return [...groups.values()].slice(0, SHOWN).map(({ first, count }) => ({ ...first, alike: count - 1 }));
}

/** The smallest miss in bytes; what is not a matter of bytes comes last. The first of equal ones. */
export function nearestRefusal(refusals: readonly Refusal[]): Refusal | undefined {
  const [nearest] = refusals.toSorted((a, b) => missedBy(a) - missedBy(b));
  return nearest;
}

function missedBy(refusal: Refusal): number {
  if (refusal.kind === "memory" || refusal.kind === "domain") return refusal.demand - refusal.free;
  return refusal.kind === "held" ? Number.MAX_SAFE_INTEGER - 1 : Number.MAX_SAFE_INTEGER;
}

/** What two GPUs must have in common to be one candidate. */
function numbersOf(refusal: Refusal): string {
  const { kind, tensorParallel } = refusal;
  switch (kind) {
    case "memory":
    case "domain":
      return `${kind} ${tensorParallel} ${refusal.free}`;
    case "held":
      return `${kind} ${tensorParallel} ${refusal.holders.join(" ")}`;
    case "apart":
      return `${kind} ${tensorParallel} ${refusal.group}`;
    case "devices":
      return `${kind} ${tensorParallel} ${refusal.available}`;
    case "ranks":
      return `${kind} ${tensorParallel}`;
    default:
      return kind satisfies never;
  }
}
