import type { OpenHost } from "../access/host.ts";
import { listed } from "../host-record/listed.ts";
import { availablePartitions, currentLayout, partitionUtilization } from "../partitioner/plan/queries.ts";
import { formatModes } from "../topology/modes.ts";
import { exportConfig } from "./export-config.ts";
import { listedOwners } from "./owners/listed.ts";

/** What an open host is and has: GPUs with their modes, logical devices and their room, and what its record holds. */
export function describedHost({ observation, capability, problems }: OpenHost) {
  const { hostId, record, gpus } = observation;
  const { devices, domains } = currentLayout(observation);
  const renderNodes = new Map(observation.devices.map((device) => [device.id, device.renderNode]));
  const free = new Map(availablePartitions(observation).map((one) => [one.partitionId, one.free]));
  const reserved = new Map(partitionUtilization(observation).map((one) => [one.partitionId, one.reserved]));
  return {
    hostId,
    capability,
    accelerator: [...new Set(gpus.map((gpu) => gpu.accelerator))].join(", "),
    gpus: gpus.map(({ gpu, accelerator, uuids, oam, modes, permitted, computeUnits, memory }) => ({
      gpu,
      accelerator,
      uuids,
      oam,
      modes: modes && formatModes(modes),
      permitted: permitted.map(formatModes),
      computeUnits,
      memory,
    })),
    devices: devices.map((device) => ({
      ...device,
      renderNode: renderNodes.get(device.id),
      reserved: reserved.get(device.id) ?? 0,
      free: free.get(device.id) ?? 0,
    })),
    memoryDomains: domains,
    declaration: exportConfig({ observation })?.declaration,
    owners: listedOwners(observation),
    reservations: listed(record, new Set(devices.map((device) => device.id))),
    problems,
  };
}
