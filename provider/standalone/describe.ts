import { type Bytes, bytes, sumBytes } from "../bytes.ts";
import type { MissingGpu } from "../detection/assemble/missing-gpus.ts";
import type { Capability } from "../detection/capability.ts";
import type { GpuProcess, HostObservation, Versions } from "../detection/observation.ts";
import { fromRecord } from "../host-record/reservations.ts";
import { goneReservations } from "../partitioner/plan/gone-reservations.ts";
import { absentIn, observedModes } from "../partitioner/plan/host-modes.ts";
import { currentLayout } from "../partitioner/plan/queries.ts";
import { unreservedUse } from "../partitioner/plan/unreserved-use.ts";
import { unfinishedChange } from "../partitioner/refuse/unfinished.ts";
import { poolOf } from "../scheduler/occupancy/pool.ts";
import { deviceUtilization } from "../scheduler/occupancy/utilization.ts";
import type { Bdf } from "../topology/layout.ts";
import { formatModes } from "../topology/modes.ts";
import { type ListedOwner, listedOwners } from "./owners/listed.ts";

/** What a host has, in one value: plain JSON, in the words of this package. */
export interface HostDescription {
  readonly hostId: string;
  readonly capability: Capability;
  /** Without those that the host does not say. */
  readonly versions: Partial<Versions>;
  /** In the driver's order. */
  readonly gpus: readonly DescribedGpu[];
  /** AMD accelerators on the PCI bus that the driver does not show. */
  readonly missingGpus: readonly MissingGpu[];
  /** Processes that have a GPU open. */
  readonly processes: readonly GpuProcess[];
  readonly owners: readonly ListedOwner[];
  /** Where the host differs from what its record says: one sentence each. */
  readonly drift: readonly string[];
  /** Where the host contradicts itself: one sentence each. */
  readonly problems: readonly string[];
}

export interface DescribedGpu {
  readonly id: Bdf;
  readonly accelerator: string;
  /** "CPX/NPS4"; null: it has no partition modes. */
  readonly modes: string | null;
  /** Modes it can be set to. */
  readonly permitted: readonly string[];
  /** Key of the GpuPartitionConfig that declares it; null: none. */
  readonly owner: string | null;
  /** Allocatable HBM, in bytes. */
  readonly memory: Bytes;
  readonly domains: readonly DescribedDomain[];
}

export interface DescribedDomain {
  /** "0000:0c:00/nps4.0" */
  readonly id: string;
  /** Bytes. */
  readonly capacity: Bytes;
  readonly devices: readonly DescribedDevice[];
}

export interface DescribedDevice {
  readonly id: string;
  /** Position in the driver's order: what ROCR_VISIBLE_DEVICES counts. */
  readonly index: number;
  /** "/dev/dri/renderD128"; null: the kernel made none. */
  readonly renderNode: string | null;
  /** Bytes that it may allocate. */
  readonly capacity: Bytes;
  /** Bytes reserved for models. */
  readonly reserved: Bytes;
  /** Bytes that processes use beyond the reservations. */
  readonly unreserved: Bytes;
  /** Bytes left for models: without the kernel's reserve, the reservations and the unreserved use. */
  readonly free: Bytes;
  readonly models: readonly DescribedModel[];
}

export interface DescribedModel {
  /** project/stack/name of the ModelAllocation. */
  readonly key: string;
  readonly model: string;
  /** Bytes of this device. */
  readonly bytes: Bytes;
  readonly exclusive: boolean;
}

/** Describes a host by one observation of it, such as `openHost` has made. Pure. */
export function describeHost({
  capability,
  observation,
}: {
  readonly capability: Capability;
  readonly observation: HostObservation;
}): HostDescription {
  const { hostId, record, versions } = observation;
  const devices = describedDevices(observation);
  const layout = currentLayout(observation);
  const ownerOf = (gpu: Bdf): string | null =>
    Object.entries(record.owners).find(([, gpus]) => gpus.includes(gpu))?.[0] ?? null;
  return {
    hostId,
    capability,
    versions: Object.fromEntries(Object.entries(versions).filter(([, version]) => version !== undefined)),
    gpus: observation.gpus.map(({ gpu, accelerator, modes, permitted, memory }) => ({
      id: gpu,
      accelerator,
      modes: modes ? formatModes(modes) : null,
      permitted: permitted.map(formatModes),
      owner: ownerOf(gpu),
      memory,
      domains: layout.domains
        .filter((domain) => domain.gpu === gpu)
        .map(({ id, capacity }) => ({
          id,
          capacity,
          devices: layout.devices
            .filter((device) => device.domain === id)
            .flatMap((device) => devices.get(device.id) ?? []),
        })),
    })),
    missingGpus: observation.missingGpus,
    processes: observation.gpuProcesses,
    owners: listedOwners(observation),
    drift: driftOf(observation),
    problems: observation.problems,
  };
}

function describedDevices(observation: HostObservation): ReadonlyMap<string, DescribedDevice> {
  const { hostId, record } = observation;
  const layout = currentLayout(observation);
  const reservations = record.reservations.map((one) => fromRecord(one, hostId));
  const unreserved = new Map(unreservedUse(observation).map((use) => [use.deviceId, use.bytes]));
  const nodes = new Map(observation.devices.map(({ id, renderNode }) => [id, renderNode]));
  return new Map(
    deviceUtilization(poolOf([{ hostId, layout }]), reservations).map((device) => {
      const { partitionId: id, index, capacity, free, exclusive } = device;
      const models = record.reservations.flatMap((reservation) =>
        reservation.devices
          .filter((claim) => claim.id === id)
          .map((claim) => ({
            key: reservation.key,
            model: reservation.model,
            bytes: bytes(claim.bytes),
            exclusive: reservation.exclusive,
          })),
      );
      const beyond = unreserved.get(id) ?? bytes(0);
      return [
        id,
        {
          id,
          index,
          renderNode: nodes.get(id) ?? null,
          capacity,
          reserved: sumBytes(models.map((model) => model.bytes)),
          unreserved: beyond,
          free: bytes(exclusive ? 0 : Math.max(0, free - beyond)),
          models,
        },
      ];
    }),
  );
}

function driftOf(observation: HostObservation): readonly string[] {
  const { record, bootId } = observation;
  const missing = Object.entries(record.owners).flatMap(([key, gpus]) =>
    absentIn(observation, gpus).map((gpu) => `${key} declares ${gpu}, which the driver does not show`),
  );
  const isRestarted = record.bootId !== undefined && record.bootId !== bootId;
  return [
    ...missing,
    ...(record.journal ? unfinishedChange(observation, record.journal.key) : []).map(({ text }) => text),
    ...(isRestarted && Object.keys(record.owners).length > 0
      ? ["the host was rebooted since the last change, and a reboot resets the modes that no boot unit sets"]
      : []),
    ...goneReservations(observation, observedModes(observation)),
  ];
}
