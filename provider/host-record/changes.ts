import type { Bdf } from "../topology/layout.ts";
import type { ModePair } from "../topology/modes.ts";
import type { HostRecord, Journal, Reservation } from "./record.ts";

/** Pure changes of a record; the revision is the store's business. */

export const withReservation = (record: HostRecord, reservation: Reservation): HostRecord => ({
  ...record,
  reservations: [...record.reservations.filter((one) => one.key !== reservation.key), reservation].toSorted(
    (a, b) => (a.key < b.key ? -1 : 1),
  ),
});

export const withoutReservation = (record: HostRecord, key: string): HostRecord => ({
  ...record,
  reservations: record.reservations.filter((one) => one.key !== key),
});

/** Notes the owner of the GPUs, and what they were before, unless an earlier owner already did. */
export function withOwner(record: HostRecord, key: string, found: ReadonlyMap<Bdf, ModePair>): HostRecord {
  const before = { ...record.before };
  for (const [gpu, pair] of found) before[gpu] ??= { compute: pair.compute, memory: pair.memory };
  return { ...record, owners: { ...record.owners, [key]: [...found.keys()] }, before };
}

/** Forgets an owner, and what was before on the GPUs that nobody owns any more. */
export function withoutOwner(record: HostRecord, key: string): HostRecord {
  const { [key]: _gone, ...owners } = record.owners;
  const owned = new Set(Object.values(owners).flat());
  const before = Object.fromEntries(Object.entries(record.before).filter(([gpu]) => owned.has(gpu)));
  return { ...record, owners, before };
}

export const withJournal = (record: HostRecord, journal: Journal): HostRecord => ({ ...record, journal });

export function withoutJournal(record: HostRecord): HostRecord {
  const { journal: _done, ...rest } = record;
  return rest;
}
