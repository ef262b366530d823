import type { HostObservation } from "../../detection/observation.ts";
import { isHalfChanged, observedModes } from "../../partitioner/plan/host-modes.ts";
import { type ListedOwner, reservationsOfStack } from "./listed.ts";

/**
 * What speaks against forgetting a declaration: that it is another one by now, that its stack shows itself on the host, or that
 * its last change is not at an end. Empty = nothing.
 */
export function releaseBlockers(observation: HostObservation, listed: ListedOwner): readonly string[] {
  const { record } = observation;
  const { key } = listed;
  const gpus = record.owners[key];
  if (!gpus) return ["there is no such owner; list the owners again"];
  const [now, then] = [gpus, listed.gpus.map((gpu) => gpu.id)].map((ids) => ids.toSorted().join(", "));
  const models = reservationsOfStack(observation, key);
  return [
    ...(now === then ? [] : [`it now declares ${now}, but was listed with ${then}; list the owners again`]),
    ...(models.length === 0
      ? []
      : [
          `its stack has models here (${models.join(", ")}); remove these models first, or release their reservations if the stack is gone`,
        ]),
    ...(record.journal?.key === key && isHalfChanged(observedModes(observation), record.journal)
      ? ["its last change was interrupted; run its stack, or set the modes by hand first"]
      : []),
  ];
}
