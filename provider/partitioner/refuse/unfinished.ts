import type { HostObservation } from "../../detection/observation.ts";
import type { Message } from "../../message.ts";
import type { DesiredModes } from "../plan/desired.ts";
import { absentIn, isHalfChanged, observedModes } from "../plan/host-modes.ts";
import { refuseMessages as say } from "./messages.ts";

/** A run that died between stopping services and starting them has left their names in its journal. */
export const leftOver = (observation: HostObservation): readonly string[] =>
  observation.record.journal?.servicesStopped ?? [];

/** Another declaration's change died half-way: only its own next run knows what it wanted. */
export function unfinishedOfOthers(observation: HostObservation, key: string): readonly Message[] {
  const { journal } = observation.record;
  if (!journal || journal.key === key) return [];
  if (!isHalfChanged(observedModes(observation), journal)) return [];
  return [say["unfinished-change-of-another"]({ key: journal.key })];
}

/** A plan is made of the GPUs that are there: one that is not would count as done. */
export function absentGpus(observation: HostObservation, desired: DesiredModes): readonly Message[] {
  const gpus = absentIn(observation, [...desired.keys()]);
  return gpus.length === 0 ? [] : [say["gpus-absent"]({ gpus })];
}

/**
 * A change that died between unloading the driver and loading it has left a host without GPUs, on which nothing can be planned:
 * whose change it was loads the driver again first.
 */
export const isWithoutDriver = ({ gpus, record }: HostObservation, key: string): boolean =>
  record.journal?.key === key && gpus.every((gpu) => gpu.modes === undefined);

/** For the preview: the change that is under way or stopped half-way, and what becomes of it. Empty when there is none. */
export function unfinishedChange(observation: HostObservation, ownKey: string): readonly Message[] {
  const { record, bootId } = observation;
  const { journal } = record;
  if (!journal) return [];
  if (journal.key !== ownKey)
    return isHalfChanged(observedModes(observation), journal)
      ? [say["change-of-another-under-way"]({ key: journal.key })]
      : [];
  const steps = journal.steps.length;
  return [
    say["unfinished-change"]({
      key: journal.key,
      step: journal.steps[journal.step] ?? "verification",
      number: Math.min(journal.step + 1, steps),
      steps,
      rebooted: journal.bootId !== bootId,
    }),
  ];
}
