import type { HostObservation } from "../../detection/observation.ts";
import type { Journal } from "../../host-record/record.ts";
import type { Bdf } from "../../topology/layout.ts";
import { type ModePair, sameModes } from "../../topology/modes.ts";

export const observedModes = (observation: HostObservation): ReadonlyMap<Bdf, ModePair> =>
  new Map(observation.gpus.flatMap((gpu) => (gpu.modes ? [[gpu.gpu, gpu.modes] as const] : [])));

/** Those of these GPUs that the look does not show. */
export function absentIn(observation: HostObservation, gpus: readonly Bdf[]): readonly Bdf[] {
  const present = observedModes(observation);
  return gpus.filter((gpu) => !present.has(gpu));
}

/**
 * The modes that count as "before": those found, unless a change stopped half-way and left the host neither as it was nor as it
 * was to be; then those that the change had found.
 */
export function modesBefore(observation: HostObservation): ReadonlyMap<Bdf, ModePair> {
  const found = observedModes(observation);
  const { journal } = observation.record;
  if (!journal || !isHalfChanged(found, journal)) return found;
  return new Map([...found].map(([gpu, pair]) => [gpu, journal.before[gpu] ?? pair]));
}

/** A host that is as a change wanted it, or as it was before that change, has nothing unfinished. */
export const isHalfChanged = (
  found: ReadonlyMap<Bdf, ModePair>,
  { before, desired }: Pick<Journal, "before" | "desired">,
): boolean => !isAs(found, desired) && !isAs(found, before);

const isAs = (found: ReadonlyMap<Bdf, ModePair>, wanted: Journal["before"]): boolean =>
  Object.entries(wanted).every(([gpu, pair]) => {
    const modes = found.get(gpu);
    return modes !== undefined && sameModes(modes, pair);
  });
