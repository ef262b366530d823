import type { HostObservation } from "../../detection/observation.ts";
import type { Journal } from "../../host-record/record.ts";
import type { Bdf } from "../../topology/layout.ts";
import { type ModePair, sameModes } from "../../topology/modes.ts";

export const observedModes = (observation: HostObservation): ReadonlyMap<Bdf, ModePair> =>
  new Map(observation.gpus.flatMap((gpu) => (gpu.modes ? [[gpu.gpu, gpu.modes] as const] : [])));

/** Those of these GPUs that the observation does not show. */
export function absentIn(observation: HostObservation, gpus: readonly Bdf[]): readonly Bdf[] {
  const present = observedModes(observation);
  return gpus.filter((gpu) => !present.has(gpu));
}

/**
 * The modes that count as "before": those found, unless a change stopped half-way and left the GPUs that it touches neither as they
 * were nor as they were to be; then those that the change had found.
 */
export function modesBefore(observation: HostObservation): ReadonlyMap<Bdf, ModePair> {
  const found = observedModes(observation);
  const { journal } = observation.record;
  if (!journal || !isHalfChanged(found, journal)) return found;
  const touched = new Set(touchedBy(journal));
  return new Map([...found].map(([gpu, pair]) => [gpu, (touched.has(gpu) && journal.before[gpu]) || pair]));
}

/** GPUs that are as a change wanted them, or as they were before that change, have nothing unfinished. */
export function isHalfChanged(
  found: ReadonlyMap<Bdf, ModePair>,
  journal: Pick<Journal, "before" | "desired">,
): boolean {
  const gpus = touchedBy(journal);
  return !isAs(found, journal.desired, gpus) && !isAs(found, journal.before, gpus);
}

/** Only another memory mode reloads the driver, which shows one GPU after the other. */
export const reloadsDriver = ({ before, desired }: Pick<Journal, "before" | "desired">): boolean =>
  Object.entries(desired).some(([gpu, { memory }]) => before[gpu]?.memory !== memory);

/** What becomes of the other GPUs of the host meanwhile is no business of the change. */
const touchedBy = ({ before, desired }: Pick<Journal, "before" | "desired">): readonly Bdf[] =>
  Object.keys(desired).filter((gpu) => {
    const [was, wanted] = [before[gpu], desired[gpu]];
    return !was || !wanted || !sameModes(was, wanted);
  });

const isAs = (found: ReadonlyMap<Bdf, ModePair>, wanted: Journal["before"], gpus: readonly Bdf[]): boolean =>
  gpus.every((gpu) => {
    const [modes, pair] = [found.get(gpu), wanted[gpu]];
    return modes !== undefined && pair !== undefined && sameModes(modes, pair);
  });
