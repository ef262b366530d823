import type { Bytes } from "../../bytes.ts";
import { alikeGpus } from "./alike-gpus.ts";
import { type AntiAffinityIndex, openAntiAffinityIndex } from "./anti-affinity.ts";
import { reservesByHost } from "./kernel-reserve.ts";
import {
  type AntiAffinity,
  compareDevices,
  type HostedDevice,
  hostKey,
  type Pool,
  type Reservation,
} from "./pool.ts";

/**
 * What is left of every device and memory domain of a pool: the only accounts of the scheduler. Devices, GPUs and domains
 * are numbered, devices in the order in which ties are broken, and each figure is an array by that number, so that a search
 * can occupy and vacate devices millions of times.
 */
export interface Occupancy {
  readonly devices: readonly HostedDevice[];
  /** Bytes of each device that models can have: its capacity without the kernel's reserve. */
  readonly usable: Float64Array;
  /** Bytes left of each device; below 0 where reservations exceed what there is. */
  readonly free: Float64Array;
  readonly used: Float64Array;
  /** Number of claims on each device. */
  readonly reservationCount: Int32Array;
  /** Number of exclusive claims on each device. */
  readonly closed: Int32Array;
  /** Keys of the reservations the occupancy was opened with, sorted, by device. Claims of a search are not among them. */
  readonly reservedBy: ReadonlyMap<number, readonly string[]>;
  readonly gpuOf: Int32Array;
  readonly domainOf: Int32Array;
  /** Devices of each GPU. */
  readonly gpus: readonly (readonly number[])[];
  /** Groups of GPUs that one model can span. */
  readonly alike: readonly (readonly number[])[];
  /** Number of devices of the GPU that has most. */
  readonly largestGpu: number;
  /** Bytes left in the devices of each GPU together. */
  readonly gpuFree: Float64Array;
  readonly domainFree: Float64Array;
  readonly domainCapacity: Float64Array;
  /** Whether a domain can be full before its devices are, as when devices may borrow from each other. */
  readonly domainsBind: boolean;
  readonly antiAffinity: AntiAffinityIndex;
  readonly reserves: ReadonlyMap<string, Bytes>;
  /** Number of a device; undefined for one that the pool does not have. */
  readonly numberOf: (hostId: string, deviceId: string) => number | undefined;
}

/** Bytes taken on each of some devices. */
export interface Claim {
  readonly devices: readonly number[];
  readonly bytes: number;
  readonly exclusive: boolean;
  readonly antiAffinity?: AntiAffinity | undefined;
}

/** Reservations on devices that the pool does not have take nothing: no model is ever placed there. */
export function openOccupancy(pool: Pool, reservations: readonly Reservation[]): Occupancy {
  const devices = pool.devices.toSorted(compareDevices);
  const numbers = new Map(devices.map((device, number) => [hostKey(device.hostId, device.id), number]));
  const reserves = reservesByHost(pool);
  const gpus = grouped(devices, (device) => hostKey(device.hostId, device.gpu));
  const domains = grouped(devices, (device) => hostKey(device.hostId, device.domain));
  const known = new Map(pool.domains.map((domain) => [hostKey(domain.hostId, domain.id), domain.capacity]));
  const capacities = domains.members.map((members) => {
    const device = devices[members[0] ?? 0];
    return device ? (known.get(hostKey(device.hostId, device.domain)) ?? device.capacity) : 0;
  });
  const usable = Float64Array.from(devices, (device) =>
    Math.max(0, device.capacity - (reserves.get(device.hostId) ?? 0)),
  );
  const occupancy = {
    devices,
    usable,
    free: usable.slice(),
    used: new Float64Array(devices.length),
    reservationCount: new Int32Array(devices.length),
    closed: new Int32Array(devices.length),
    gpuOf: gpus.of,
    domainOf: domains.of,
    gpus: gpus.members,
    alike: alikeGpus(devices, gpus.members),
    largestGpu: gpus.members.reduce((most, members) => Math.max(most, members.length), 1),
    gpuFree: Float64Array.from(gpus.members, (members) => freeOf(usable, members)),
    domainFree: Float64Array.from(capacities),
    domainCapacity: Float64Array.from(capacities),
    antiAffinity: openAntiAffinityIndex(),
    reserves,
    numberOf: (hostId: string, deviceId: string) => numbers.get(hostKey(hostId, deviceId)),
    domainsBind: false,
    reservedBy: keysByDevice(numbers, reservations),
  };
  for (const held of reservations) occupy(occupancy, claimOf(occupancy, held));
  const domainsBind = domains.members.some(
    (members, domain) => (occupancy.domainFree[domain] ?? 0) < freeOf(occupancy.free, members),
  );
  return { ...occupancy, domainsBind };
}

export const claimOf = ({ numberOf }: Pick<Occupancy, "numberOf">, held: Reservation): Claim => ({
  devices: held.deviceIds.flatMap((id) => numberOf(held.hostId, id) ?? []),
  bytes: held.bytesPerDevice,
  exclusive: held.exclusive ?? false,
  antiAffinity: held.antiAffinity,
});

export const occupy = (occupancy: Occupancy, claim: Claim): void => change(occupancy, claim, 1);

/** Takes back a claim that was occupied. */
export const vacate = (occupancy: Occupancy, claim: Claim): void => change(occupancy, claim, -1);

/** Devices by their numbers. */
export const devicesOf = (occupancy: Occupancy, numbers: readonly number[]): readonly HostedDevice[] =>
  numbers.flatMap((number) => occupancy.devices[number] ?? []);

/** An entry of one of the arrays; 0 for a number that it does not have. */
export const at = (values: Float64Array | Int32Array, number: number): number => values[number] ?? 0;

/** Bytes left in these devices together; a device with less than nothing left counts as 0. */
export const freeOf = (free: Float64Array, devices: readonly number[]): number =>
  devices.reduce((sum, device) => sum + Math.max(0, at(free, device)), 0);

/** Share of a memory domain that is taken, 0 to 1. */
export const domainLoad = (occupancy: Occupancy, domain: number): number =>
  1 - at(occupancy.domainFree, domain) / Math.max(1, at(occupancy.domainCapacity, domain));

function change(occupancy: Occupancy, claim: Claim, by: 1 | -1): void {
  const delta = by * claim.bytes;
  for (const device of claim.devices) {
    add(occupancy.free, device, -delta);
    add(occupancy.used, device, delta);
    add(occupancy.reservationCount, device, by);
    if (claim.exclusive) add(occupancy.closed, device, by);
    add(occupancy.gpuFree, at(occupancy.gpuOf, device), -delta);
    add(occupancy.domainFree, at(occupancy.domainOf, device), -delta);
  }
  if (claim.antiAffinity) {
    const devices = devicesOf(occupancy, claim.devices);
    if (by === 1) occupancy.antiAffinity.add(claim.antiAffinity, devices);
    else occupancy.antiAffinity.remove(claim.antiAffinity, devices);
  }
}

const add = (values: Float64Array | Int32Array, number: number, by: number): void => {
  values[number] = at(values, number) + by;
};

function keysByDevice(
  numbers: ReadonlyMap<string, number>,
  reservations: readonly Reservation[],
): ReadonlyMap<number, readonly string[]> {
  const keys = new Map<number, string[]>();
  for (const { hostId, deviceIds, key } of reservations) {
    for (const id of deviceIds) {
      const number = numbers.get(hostKey(hostId, id));
      if (number === undefined) continue;
      const list = keys.get(number);
      if (list) list.push(key);
      else keys.set(number, [key]);
    }
  }
  for (const list of keys.values()) list.sort();
  return keys;
}

function grouped(devices: readonly HostedDevice[], keyOf: (device: HostedDevice) => string) {
  const numbers = new Map<string, number>();
  const members: number[][] = [];
  const of = new Int32Array(devices.length);
  for (const [number, device] of devices.entries()) {
    const key = keyOf(device);
    let group = numbers.get(key);
    if (group === undefined) {
      group = members.length;
      numbers.set(key, group);
      members.push([]);
    }
    members[group]?.push(number);
    of[number] = group;
  }
  return { of, members };
}
