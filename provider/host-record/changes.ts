import type { Bdf } from "../topology/layout.ts";
import type { ModePair } from "../topology/modes.ts";
import type { HostRecord, Journal, Reservation } from "./record.ts";

/** Pure changes of a record; the revision is the store's business. */

/** Takes the place of an earlier one of the same key, and on the same devices is as old as that one. */
export function withReservation(record: HostRecord, reservation: Reservation): HostRecord {
  const earlier = record.reservations.find((one) => one.key === reservation.key);
  const since = earlier?.since !== undefined && onSameDevices(earlier, reservation) && earlier.since;
  const reservations = [
    ...record.reservations.filter((one) => one !== earlier),
    { ...reservation, ...(since && { since }) },
  ];
  return { ...record, reservations: reservations.toSorted((a, b) => (a.key < b.key ? -1 : 1)) };
}

const onSameDevices = (a: Reservation, b: Reservation): boolean =>
  a.devices.map((claim) => claim.id).join() === b.devices.map((claim) => claim.id).join();

export const withoutReservation = (record: HostRecord, key: string): HostRecord => ({
  ...record,
  reservations: record.reservations.filter((one) => one.key !== key),
});

/**
 * Notes who declares which GPUs, and what every GPU of the host was before this package first changed it: a memory mode reaches those
 * that nobody declares too, and a GPU that leaves a declaration is still to be set back at the end.
 *
 * @param found modes of all GPUs of the host now.
 */
export function withOwner(
  record: HostRecord,
  key: string,
  gpus: readonly Bdf[],
  found: ReadonlyMap<Bdf, ModePair>,
): HostRecord {
  const before = { ...record.before };
  for (const [gpu, pair] of found) before[gpu] ??= { compute: pair.compute, memory: pair.memory };
  return { ...record, owners: { ...record.owners, [key]: [...gpus] }, before };
}

/** Forgets an owner, and with the last one what was before. */
export function withoutOwner(record: HostRecord, key: string): HostRecord {
  const { [key]: _gone, ...owners } = record.owners;
  return { ...record, owners, before: Object.keys(owners).length === 0 ? {} : record.before };
}

export const withJournal = (record: HostRecord, journal: Journal): HostRecord => ({ ...record, journal });

export function withoutJournal(record: HostRecord): HostRecord {
  const { journal: _done, ...rest } = record;
  return rest;
}
