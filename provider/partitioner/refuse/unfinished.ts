import type { HostObservation } from "../../detection/observation.ts";
import type { DesiredModes } from "../plan/desired.ts";
import { absentIn, isHalfChanged, observedModes } from "../plan/host-modes.ts";

/** A run that died between stopping services and starting them has left their names in its journal. */
export const leftOver = (observation: HostObservation): readonly string[] =>
  observation.record.journal?.servicesStopped ?? [];

/** Another declaration's change died half-way: only its own next run knows what it wanted. */
export function unfinishedOfOthers(observation: HostObservation, key: string): readonly string[] {
  const { journal } = observation.record;
  if (!journal || journal.key === key) return [];
  if (!isHalfChanged(observedModes(observation), journal)) return [];
  return [
    `a change by ${journal.key} stopped half-way on it; run that stack first, which finishes it (if that stack is gone, set the modes by hand and call releaseOwner)`,
  ];
}

/** A plan is made of the GPUs that are there: one that is not would count as done. */
export function absentGpus(observation: HostObservation, desired: DesiredModes): readonly string[] {
  const absent = absentIn(observation, [...desired.keys()]);
  return absent.length === 0 ? [] : [`${absent.join(", ")} cannot be seen; is the amdgpu driver loaded?`];
}

/**
 * A change that died between unloading the driver and loading it has left a host without GPUs, on which nothing can be planned:
 * whose change it was loads the driver again first.
 */
export const isWithoutDriver = ({ gpus, record }: HostObservation, key: string): boolean =>
  record.journal?.key === key && gpus.every((gpu) => gpu.modes === undefined);

/** For the preview: the change that stopped half-way, and what becomes of it. Empty when there is none. */
export function unfinishedChange({ record, bootId }: HostObservation): readonly string[] {
  const { journal } = record;
  if (!journal) return [];
  const step = journal.steps[journal.step] ?? "verification";
  const number = Math.min(journal.step + 1, journal.steps.length);
  const rebooted = journal.bootId === bootId ? "" : ", and the host was rebooted since";
  return [
    `a change by ${journal.key} stopped at "${step}" (${number} of ${journal.steps.length})${rebooted}; this run finishes it`,
  ];
}
