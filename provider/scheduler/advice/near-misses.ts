import type { Bdf } from "../../topology/layout.ts";
import type { Refusal } from "../request.ts";

/** A GPU, or several GPUs of one host together, that cannot take a model, and the inequality that fails there. */
export interface NearMiss {
  readonly hostId: string;
  /** Absent for several GPUs together. */
  readonly gpu?: Bdf;
  /** Number of GPUs together. @default one GPU, named by `gpu` */
  readonly gpus?: number;
  readonly refusal: Refusal;
  /** Number of further candidates that fail by the same numbers. */
  readonly alike: number;
}

export type SingleMiss = Omit<NearMiss, "alike">;

/** Candidates that a refusal shows: enough to choose from, few enough to read. */
const SHOWN = 3;

/** The candidates that came nearest, those with the same numbers counted together. */
export function nearestMisses(misses: readonly SingleMiss[]): readonly NearMiss[] {
  const groups = new Map<string, { readonly first: SingleMiss; count: number }>();
  for (const miss of misses.toSorted((a, b) => missedBy(a.refusal) - missedBy(b.refusal))) {
    const key = `${miss.gpus ?? 1} ${numbersOf(miss.refusal)}`;
    const group = groups.get(key);
    if (group) group.count += 1;
    else groups.set(key, { first: miss, count: 1 });
  }
  return [...groups.values()].slice(0, SHOWN).map(({ first, count }) => ({ ...first, alike: count - 1 }));
}

/** The smallest miss in bytes; refusals that are not about bytes come last. The first of equal ones. */
export function nearestRefusal(refusals: readonly Refusal[]): Refusal | undefined {
  const [nearest] = refusals.toSorted((a, b) => missedBy(a) - missedBy(b));
  return nearest;
}

function missedBy(refusal: Refusal): number {
  if (refusal.kind === "memory" || refusal.kind === "domain") return refusal.demand - refusal.free;
  return refusal.kind === "held" ? Number.MAX_SAFE_INTEGER - 1 : Number.MAX_SAFE_INTEGER;
}

/** Equal for candidates that are counted together. */
function numbersOf(refusal: Refusal): string {
  const { kind, tensorParallel } = refusal;
  switch (kind) {
    case "memory":
    case "domain":
      return `${kind} ${tensorParallel} ${refusal.free}`;
    case "held":
      return `${kind} ${tensorParallel} ${refusal.reservedBy.join(" ")}`;
    case "anti-affinity":
      return `${kind} ${tensorParallel} ${refusal.group}`;
    case "devices":
      return `${kind} ${tensorParallel} ${refusal.available}`;
    case "ranks":
      return `${kind} ${tensorParallel}`;
    default:
      return kind satisfies never;
  }
}
