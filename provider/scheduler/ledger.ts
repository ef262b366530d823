import { type Bytes, bytes } from "../bytes.ts";
import { openSeparation } from "./apart.ts";
import { type HostedDevice, hostKey, type Pool, type Reservation } from "./pool.ts";
import type { AntiAffinity } from "./request.ts";
import { reservesByHost } from "./reserve.ts";

/** Who holds how much: of each device and of each memory domain. */
export interface Ledger {
  /** Capacity without the kernel's reserve and without what is held; 0 when more is held than there is. */
  free(device: HostedDevice): Bytes;
  used(device: HostedDevice): Bytes;
  reserve(device: HostedDevice): Bytes;
  /** Capacity without the kernel's reserve: what models can have. */
  usable(device: HostedDevice): Bytes;
  /** What the device's memory domain has left for all its devices. */
  domainFree(device: HostedDevice): Bytes;
  domainUsed(device: HostedDevice): Bytes;
  /** Share of the device's memory domain that is held, 0 to 1. */
  domainLoad(device: HostedDevice): number;
  /** Keys of the reservations on a device, sorted. */
  holders(device: HostedDevice): readonly string[];
  /** Whether somebody holds the device for himself alone. */
  isExclusive(device: HostedDevice): boolean;
  /** Whether no other of the group is too near. */
  isApart(device: HostedDevice, wanted: AntiAffinity | undefined): boolean;
  add(reservation: Reservation): void;
}

interface Account {
  used: number;
  exclusive: boolean;
  readonly holders: string[];
}

/** Devices that the pool does not have are passed over: nothing is ever placed on them. */
export function openLedger(pool: Pool, reservations: readonly Reservation[]): Ledger {
  const reserves = reservesByHost(pool);
  const separation = openSeparation();
  const deviceOf = new Map(pool.devices.map((device) => [hostKey(device.hostId, device.id), device]));
  const accounts = new Map<string, Account>(
    pool.devices.map((device) => [
      hostKey(device.hostId, device.id),
      { used: 0, exclusive: false, holders: [] },
    ]),
  );
  const domainUsed = new Map<string, number>();
  const domainCapacity = new Map(
    pool.domains.map((domain) => [hostKey(domain.hostId, domain.id), domain.capacity]),
  );

  // Nearly always it is the pool's own object that is asked about: no text is put together for it.
  const byDevice = new Map(
    pool.devices.map((device) => [device, accounts.get(hostKey(device.hostId, device.id))]),
  );
  const account = (device: HostedDevice): Account | undefined =>
    byDevice.get(device) ?? accounts.get(hostKey(device.hostId, device.id));
  const usedOf = (device: HostedDevice): Bytes => bytes(account(device)?.used ?? 0);
  const usedOfDomain = (device: HostedDevice): Bytes =>
    bytes(domainUsed.get(hostKey(device.hostId, device.domain)) ?? 0);
  const capacityOfDomain = (device: HostedDevice): number =>
    domainCapacity.get(hostKey(device.hostId, device.domain)) ?? device.capacity;
  const reserveOf = (device: HostedDevice): Bytes => reserves.get(device.hostId) ?? bytes(0);

  const usableOf = (device: HostedDevice): Bytes => bytes(Math.max(0, device.capacity - reserveOf(device)));

  const ledger: Ledger = {
    free: (device) => bytes(Math.max(0, usableOf(device) - usedOf(device))),
    usable: usableOf,
    used: usedOf,
    reserve: reserveOf,
    domainFree: (device) => bytes(Math.max(0, capacityOfDomain(device) - usedOfDomain(device))),
    domainUsed: usedOfDomain,
    domainLoad: (device) => usedOfDomain(device) / Math.max(1, capacityOfDomain(device)),
    holders: (device) => account(device)?.holders.toSorted() ?? [],
    isApart: (device, wanted) => separation.allows(wanted, device),
    isExclusive: (device) => account(device)?.exclusive ?? false,
    add: (reservation) => {
      for (const id of reservation.deviceIds) {
        const key = hostKey(reservation.hostId, id);
        const held = accounts.get(key);
        const device = deviceOf.get(key);
        if (!held || !device) continue;
        const domain = hostKey(device.hostId, device.domain);
        held.used += reservation.bytesPerDevice;
        held.exclusive ||= reservation.exclusive ?? false;
        held.holders.push(reservation.key);
        domainUsed.set(domain, (domainUsed.get(domain) ?? 0) + reservation.bytesPerDevice);
        separation.add(reservation.antiAffinity, [device]);
      }
    },
  };
  for (const reservation of reservations) ledger.add(reservation);
  return ledger;
}
