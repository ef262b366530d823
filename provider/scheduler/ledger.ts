import { type Bytes, bytes } from "../bytes.ts";
import { claimOf, openBoard, settle } from "./batch/board.ts";
import { type HostedDevice, hostKey, type Pool, type Reservation } from "./pool.ts";
import type { AntiAffinity } from "./request.ts";
import { reservesByHost } from "./reserve.ts";

/** Who holds how much: of each device and of each memory domain. The accounts are those of `Board`, asked device by device. */
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

/** Devices that the pool does not have are passed over: nothing is ever placed on them. */
export function openLedger(pool: Pool, reservations: readonly Reservation[]): Ledger {
  const board = openBoard(pool, []);
  const reserves = reservesByHost(pool);
  const numbers = new Map(board.devices.map((device, number) => [hostKey(device.hostId, device.id), number]));
  // Nearly always it is the pool's own object that is asked about: no text is put together for it.
  const byDevice = new Map(board.devices.map((device, number) => [device, number]));
  const holders = new Map<number, string[]>();

  const numberOf = (device: HostedDevice): number | undefined =>
    byDevice.get(device) ?? numbers.get(hostKey(device.hostId, device.id));
  const entry = (values: Float64Array | Int32Array, device: HostedDevice): number =>
    values[numberOf(device) ?? -1] ?? 0;
  const domainEntry = (values: Float64Array, device: HostedDevice): number =>
    values[board.domainOf[numberOf(device) ?? -1] ?? -1] ?? 0;
  const reserveOf = (device: HostedDevice): Bytes => reserves.get(device.hostId) ?? bytes(0);
  const domainUsed = (device: HostedDevice): Bytes =>
    bytes(domainEntry(board.domainCapacity, device) - domainEntry(board.domainFree, device));

  const ledger: Ledger = {
    free: (device) => bytes(Math.max(0, entry(board.free, device))),
    usable: (device) => bytes(Math.max(0, device.capacity - reserveOf(device))),
    used: (device) => bytes(entry(board.used, device)),
    reserve: reserveOf,
    domainFree: (device) => bytes(Math.max(0, domainEntry(board.domainFree, device))),
    domainUsed,
    domainLoad: (device) => domainUsed(device) / Math.max(1, domainEntry(board.domainCapacity, device)),
    holders: (device) => holders.get(numberOf(device) ?? -1)?.toSorted() ?? [],
    isApart: (device, wanted) => board.separation.allows(wanted, device),
    isExclusive: (device) => entry(board.closed, device) > 0,
    add: (reservation) => {
      const claim = claimOf(reservation, numbers);
      settle(board, claim);
      for (const number of claim.devices) {
        const list = holders.get(number);
        if (list) list.push(reservation.key);
        else holders.set(number, [reservation.key]);
      }
    },
  };
  for (const reservation of reservations) ledger.add(reservation);
  return ledger;
}
