import { bytes } from "../../bytes.ts";
import type { HostObservation, ObservedGpu } from "../../detection/observation.ts";
import type { Bdf } from "../../topology/layout.ts";
import { sameModes } from "../../topology/modes.ts";
import { assignModes, assignTo, type DesiredModes, type DesiredPartitions, type Problem } from "./desired.ts";
import { absentIn, observedModes } from "./host-modes.ts";
import { planMessages as say } from "./messages.ts";

export interface Declaration {
  readonly desired: DesiredPartitions;
  /** Modes that the same resource has been given, by GPU; empty for a new one. */
  readonly before: DesiredModes;
  /** Whether the program still declares what it declared then. */
  readonly declared: "as before" | "changed";
}

export type Resolution =
  | {
      readonly ok: true;
      /** All GPUs of the declaration. */
      readonly modes: DesiredModes;
      /** Those of them that the host shows: what can be compared and changed. */
      readonly present: DesiredModes;
      /** Those that are missing, and were given their modes before. */
      readonly absent: readonly Bdf[];
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Which GPU gets which modes, on a host of which GPUs may be missing. What was declared stays what it is while a GPU is away: the
 * layout that was given has addresses, so that nothing changes its meaning. A new or changed declaration is refused where it
 * counts GPUs, because numbers and counts now mean other GPUs than with all of them, and where it names one that is missing;
 * "all" means those that are there, with a warning.
 */
export function resolveModes(declaration: Declaration, observation: HostObservation): Resolution {
  const { desired, before } = declaration;
  const absent = absentIn(observation, [...before.keys()]);
  if (absent.length > 0 && declaration.declared === "as before") return asBefore(before, observation, absent);
  const missing = [...new Set([...observation.missingGpus.map((one) => one.gpu), ...absent])].toSorted();
  const assignment = assignModes(desired, observation);
  if (missing.length === 0 || (assignment.ok && isSame(assignment.modes, before))) {
    return assignment.ok ? { ...assignment, present: assignment.modes, absent: [] } : assignment;
  }
  const counted = countingPath(desired);
  if (counted !== undefined)
    return {
      ok: false,
      problems: [{ path: counted, message: say["gpus-missing-counted"]({ gpus: missing }).text }],
    };
  return withoutMissing(desired, observation, missing);
}

function asBefore(before: DesiredModes, observation: HostObservation, absent: readonly Bdf[]): Resolution {
  const found = observedModes(observation);
  return {
    ok: true,
    modes: before,
    present: new Map([...before].filter(([gpu]) => found.has(gpu))),
    absent,
    warnings: [say["declared-gpus-missing"]({ gpus: absent }).text],
  };
}

/** Addresses and "all", dealt as if nothing was missing: what falls to a missing GPU by its address is refused, the rest left out. */
function withoutMissing(
  desired: DesiredPartitions,
  observation: HostObservation,
  missing: readonly Bdf[],
): Resolution {
  const away = missing.filter((gpu) => !observation.gpus.some((one) => one.gpu === gpu));
  const assignment = assignTo(
    [...observation.gpus.filter((gpu) => gpu.modes), ...away.map(placeholder)],
    desired,
  );
  if (!assignment.ok) return assignment;
  const named = assignment.named.filter(({ gpu }) => away.includes(gpu));
  if (named.length > 0) {
    return {
      ok: false,
      problems: named.map(({ gpu, path }) => ({ path, message: say["gpu-missing-named"]({ gpu }).text })),
    };
  }
  const present = new Map([...assignment.modes].filter(([gpu]) => !away.includes(gpu)));
  const leftOut = away.filter((gpu) => assignment.modes.has(gpu));
  return {
    ok: true,
    modes: present,
    present,
    absent: [],
    warnings: [
      ...assignment.warnings,
      ...(leftOut.length > 0
        ? [say["gpus-missing-left-out"]({ gpus: leftOut, left: present.size }).text]
        : []),
    ],
  };
}

/** Nothing is known of a GPU that is not there but its address. */
const placeholder = (gpu: Bdf): ObservedGpu => ({
  gpu,
  uuids: [],
  oam: undefined,
  accelerator: "unknown",
  modes: undefined,
  permitted: [],
  validated: [],
  devicesByMode: {},
  xcds: 0,
  computeUnits: 0,
  allocation: undefined,
  memory: bytes(0),
});

/** The first place of a declaration that says GPUs by number or by count. */
function countingPath({ groups, skipped, skippedPath }: DesiredPartitions): string | undefined {
  const number = skipped.findIndex((reference) => typeof reference === "number");
  if (number !== -1) return `${skippedPath ?? "skippedGPUs.ids"}[${number}]`;
  for (const { path, count, gpus = [] } of groups) {
    if (count !== undefined) return `${path}.numGPUsAssigned`;
    const position = gpus.findIndex((reference) => typeof reference === "number");
    if (position !== -1) return `${path}.gpus[${position}]`;
  }
  return undefined;
}

const isSame = (a: DesiredModes, b: DesiredModes): boolean =>
  a.size === b.size &&
  [...a].every(([gpu, pair]) => {
    const other = b.get(gpu);
    return other !== undefined && sameModes(pair, other);
  });
