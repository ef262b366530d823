import { openSeparation, type Separation } from "../apart.ts";
import { alikeGpus } from "../host-gang.ts";
import { compareDevices, type HostedDevice, hostKey, type Pool, type Reservation } from "../pool.ts";
import type { AntiAffinity } from "../request.ts";
import { reservesByHost } from "../reserve.ts";

/**
 * The devices of a pool by number, in the order in which ties are broken, with what is left of each. What `Ledger` is to
 * one model this is to thousands: arrays, and changes that can be taken back.
 */
export interface Board {
  readonly devices: readonly HostedDevice[];
  /** Bytes left; below 0 where others hold more than there is. */
  readonly free: Float64Array;
  readonly used: Float64Array;
  readonly holders: Int32Array;
  /** How many hold the device for themselves alone. */
  readonly closed: Int32Array;
  readonly gpuOf: Int32Array;
  readonly domainOf: Int32Array;
  readonly gpus: readonly (readonly number[])[];
  /** GPUs of one host that are alike, where there are several: those that a model can span. */
  readonly alike: readonly (readonly number[])[];
  /** Devices of the GPU that has most. */
  readonly largestGpu: number;
  readonly domains: readonly (readonly number[])[];
  /** Bytes left in the devices of each GPU together. */
  readonly gpuFree: Float64Array;
  readonly domainFree: Float64Array;
  readonly domainCapacity: Float64Array;
  /** Whether a domain can be full before its devices are, as when devices may borrow from each other. */
  readonly domainsBind: boolean;
  readonly separation: Separation;
}

/** A hold on devices of the board. */
export interface Claim {
  readonly devices: readonly number[];
  readonly bytes: number;
  readonly exclusive: boolean;
  readonly antiAffinity?: AntiAffinity | undefined;
}

export function openBoard(pool: Pool, reservations: readonly Reservation[]): Board {
  const devices = pool.devices.toSorted(compareDevices);
  const reserves = reservesByHost(pool);
  const gpus = grouped(devices, (device) => hostKey(device.hostId, device.gpu));
  const domains = grouped(devices, (device) => hostKey(device.hostId, device.domain));
  const known = new Map(pool.domains.map((domain) => [hostKey(domain.hostId, domain.id), domain.capacity]));
  const capacities = domains.members.map((members) => {
    const device = devices[members[0] ?? 0];
    return device ? (known.get(hostKey(device.hostId, device.domain)) ?? device.capacity) : 0;
  });
  const free = Float64Array.from(devices, (device) =>
    Math.max(0, device.capacity - (reserves.get(device.hostId) ?? 0)),
  );
  const board = {
    devices,
    free,
    used: new Float64Array(devices.length),
    holders: new Int32Array(devices.length),
    closed: new Int32Array(devices.length),
    gpuOf: gpus.of,
    domainOf: domains.of,
    gpus: gpus.members,
    alike: alikeOf(devices, gpus.members),
    largestGpu: gpus.members.reduce((most, members) => Math.max(most, members.length), 1),
    domains: domains.members,
    gpuFree: Float64Array.from(gpus.members, (members) => sumOf(free, members)),
    domainFree: Float64Array.from(capacities),
    domainCapacity: Float64Array.from(capacities),
    separation: openSeparation(),
    domainsBind: false,
  };
  const numbers = new Map(devices.map((device, number) => [hostKey(device.hostId, device.id), number]));
  for (const held of reservations) settle(board, claimOf(held, numbers));
  const domainsBind = domains.members.some(
    (members, domain) => (board.domainFree[domain] ?? 0) < sumOf(board.free, members),
  );
  return { ...board, domainsBind };
}

function alikeOf(
  devices: readonly HostedDevice[],
  gpus: readonly (readonly number[])[],
): readonly (readonly number[])[] {
  const numbers = new Map(gpus.map((members, gpu) => [devices[members[0] ?? 0], gpu]));
  const groups = alikeGpus(gpus.map((members) => members.flatMap((device) => devices[device] ?? [])));
  return groups.map((group) => group.flatMap(([first]) => numbers.get(first) ?? []));
}

/** Devices that the pool does not have are passed over: nothing is ever placed on them. */
export const claimOf = (held: Reservation, numbers: ReadonlyMap<string, number>): Claim => ({
  devices: held.deviceIds.flatMap((id) => numbers.get(hostKey(held.hostId, id)) ?? []),
  bytes: held.bytesPerDevice,
  exclusive: held.exclusive ?? false,
  antiAffinity: held.antiAffinity,
});

export const settle = (board: Board, claim: Claim): void => change(board, claim, 1);

export const lift = (board: Board, claim: Claim): void => change(board, claim, -1);

function change(board: Board, claim: Claim, by: 1 | -1): void {
  const delta = by * claim.bytes;
  for (const device of claim.devices) {
    add(board.free, device, -delta);
    add(board.used, device, delta);
    add(board.holders, device, by);
    if (claim.exclusive) add(board.closed, device, by);
    add(board.gpuFree, board.gpuOf[device] ?? 0, -delta);
    add(board.domainFree, board.domainOf[device] ?? 0, -delta);
  }
  if (claim.antiAffinity) {
    const devices = hosted(board, claim.devices);
    if (by === 1) board.separation.add(claim.antiAffinity, devices);
    else board.separation.remove(claim.antiAffinity, devices);
  }
}

export const hosted = (board: Board, devices: readonly number[]): readonly HostedDevice[] =>
  devices.flatMap((number) => board.devices[number] ?? []);

const add = (values: Float64Array | Int32Array, at: number, by: number): void => {
  values[at] = (values[at] ?? 0) + by;
};

const sumOf = (values: Float64Array, members: readonly number[]): number =>
  members.reduce((sum, member) => sum + Math.max(0, values[member] ?? 0), 0);

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
