import type { Capability } from "../../detection/capability.ts";
import { type HostObservation, partitionableGpus } from "../../detection/observation.ts";
import type { Partitioner } from "../../partitioner/partitioner.ts";
import type { DesiredModes } from "../../partitioner/plan/desired.ts";
import { finalModes } from "../../partitioner/plan/final-modes.ts";
import { layoutOf } from "../../partitioner/plan/layout-of.ts";
import { deviceRuns, domainRuns } from "../../schema/device-runs.ts";
import type { Bdf } from "../../topology/layout.ts";
import { formatModes, sameModes } from "../../topology/modes.ts";
import {
  compactNodes,
  type CompactPlan,
  compactPlan,
  expandPlan,
  type NumberedPlan,
} from "../../wire/compact.ts";
import type { PartitionFields, SettledFields } from "../../wire/partition-outputs.ts";

const modesOf = (observation: HostObservation, declared: DesiredModes): Readonly<Record<Bdf, string>> =>
  Object.fromEntries(
    partitionableGpus(observation).flatMap(({ gpu, modes }) =>
      modes && declared.has(gpu) ? [[gpu, formatModes(modes)]] : [],
    ),
  );

/** Those that the host tells. */
export const versionsOf = ({ versions }: HostObservation): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(versions).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

export function partitionFields(
  capability: Capability,
  observation: HostObservation,
  desired: DesiredModes,
  plan: NumberedPlan | CompactPlan,
): PartitionFields {
  const layout = layoutOf(observation, finalModes(observation, desired));
  const gpus = observation.gpus.filter((gpu) => desired.has(gpu.gpu));
  return {
    hostId: observation.hostId,
    capability,
    accelerator: [...new Set(gpus.map((gpu) => gpu.accelerator))].join(", "),
    versions: versionsOf(observation),
    observed: modesOf(observation, desired),
    plan: compactPlan(expandPlan(plan)),
    layout: Object.fromEntries([...desired].map(([gpu, pair]) => [gpu, formatModes(pair)])),
    partitions: deviceRuns(layout.devices.filter((device) => desired.has(device.gpu))),
    memoryDomains: domainRuns(layout.domains.filter((domain) => desired.has(domain.gpu))),
  };
}

/** Every declared GPU has its modes, and no change by this declaration stopped half-way. */
export const hasModes = (observation: HostObservation, desired: DesiredModes, key: string): boolean =>
  observation.record.journal?.key !== key &&
  [...desired].every(([gpu, pair]) => {
    const modes = observation.gpus.find((one) => one.gpu === gpu)?.modes;
    return modes !== undefined && sameModes(modes, pair);
  });

/** The host's record says whose these GPUs are, so that nobody else changes them, and what they were before. */
function isRecorded({ record }: HostObservation, desired: DesiredModes, key: string): boolean {
  const owned = new Set(record.owners[key]);
  const gpus = [...desired.keys()];
  return (
    owned.size === gpus.length && gpus.every((gpu) => owned.has(gpu) && record.before[gpu] !== undefined)
  );
}

/**
 * Nothing is left to do on the host. A host that cannot be changed has no record of owners.
 *
 * @param declared all declared GPUs; `present` those of them that the host has.
 */
export const isInSync = (
  observation: HostObservation,
  { declared, present }: { readonly declared: DesiredModes; readonly present: DesiredModes },
  key: string,
  partitioner: Pick<Partitioner, "unchangeable"> | undefined,
): boolean =>
  hasModes(observation, present, key) &&
  (partitioner?.unchangeable !== undefined || isRecorded(observation, declared, key));

export function settledFields(observation: HostObservation, desired: DesiredModes): SettledFields {
  const devices = observation.devices.filter((device) => desired.has(device.gpu));
  return {
    deviceNodes: compactNodes({
      renderNodes: Object.fromEntries(
        devices.flatMap((device) =>
          device.renderNode === undefined ? [] : [[device.id, device.renderNode]],
        ),
      ),
      groups: groupsOf(observation),
    }),
    status: "Success",
  };
}

/** Groups that own the device files. By number where the host says it: the names may stand for other numbers inside a container. */
export function groupsOf({ groups: { video, render } }: HostObservation): string[] {
  const groups = [video, render];
  return groups.every((group) => group !== undefined) ? groups.map(String) : ["video", "render"];
}
