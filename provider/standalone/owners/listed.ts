import type { HostObservation } from "../../detection/observation.ts";
import { bootUnitName } from "../../partitioner/boot-unit/boot-files.ts";
import { observedModes } from "../../partitioner/plan/host-modes.ts";
import { listedKey, stackPrefix } from "../../resource-key.ts";
import type { Bdf } from "../../topology/layout.ts";
import { formatModes } from "../../topology/modes.ts";

/** A declaration of GPUs as its host's record has it: whoever is here is asked before anybody else changes them. */
export interface ListedOwner {
  /** project/stack/name of the GpuPartitionConfig. */
  readonly key: string;
  readonly project: string;
  readonly stack: string;
  readonly name: string;
  readonly gpus: readonly ListedGpu[];
  /** Keys of the reservations of its stack on this host. */
  readonly reservations: readonly string[];
  /** "unfinished": a change of it is under way, or died. */
  readonly change: "none" | "unfinished";
  /** Whether each boot of the host sets its modes. */
  readonly atBoot: "installed" | "none";
}

export interface ListedGpu {
  readonly id: Bdf;
  /** "CPX/NPS4", as observed; undefined when the host did not show the GPU. */
  readonly modes: string | undefined;
  /** "SPX/NPS1", before this package first changed it; undefined when that is not known. */
  readonly before: string | undefined;
}

export function listedOwners(observation: HostObservation): readonly ListedOwner[] {
  const { record, bootUnits = [] } = observation;
  const found = observedModes(observation);
  const gpuOf = (id: Bdf): ListedGpu => {
    const [modes, before] = [found.get(id), record.before[id]];
    return { id, modes: modes && formatModes(modes), before: before && formatModes(before) };
  };
  return Object.entries(record.owners).map(([key, gpus]) => {
    return {
      key,
      ...listedKey(key),
      gpus: gpus.map(gpuOf),
      reservations: reservationsOfStack(observation, key),
      change: record.journal?.key === key ? "unfinished" : "none",
      atBoot: bootUnits.some((unit) => unit.name === bootUnitName(key)) ? "installed" : "none",
    };
  });
}

/** @param key of anything in the stack */
export function reservationsOfStack({ record }: HostObservation, key: string): readonly string[] {
  const stack = stackPrefix(key);
  return record.reservations.map((one) => one.key).filter((one) => one.startsWith(stack));
}
