import type { HostObservation } from "../../detection/observation.ts";
import type { HostRecord } from "../../host-record/record.ts";
import { fromRecord } from "../../host-record/reservations.ts";
import { fullKey } from "../../resource-key.ts";
import type { Reservation } from "../../scheduler/occupancy/pool.ts";
import type { Identity } from "../../schema/partition.ts";
import { gpuOf } from "../../topology/layout.ts";
import type { Declarations } from "../operation/declarations.ts";
import type { Operation } from "../operation/operation.ts";

/**
 * A host's record as the models of this version see it: reservations that version 0.1.0 wrote stand under their full keys, and those
 * of one model under the key it has now.
 */
export function recordFor({ key, formerKeys = [] }: Identity, record: HostRecord): HostRecord {
  const known = withFullKeys(record);
  if (formerKeys.length === 0) return known;
  const reservations = known.reservations.map((reservation, number) => {
    const names = [reservation.key, record.reservations[number]?.key ?? reservation.key];
    return names.some((name) => formerKeys.includes(name)) ? { ...reservation, key } : reservation;
  });
  return { ...known, reservations };
}

/** One value for one record, because every model of a host asks for it. */
const recordsWithFullKeys = new WeakMap<HostRecord, HostRecord>();

function withFullKeys(record: HostRecord): HostRecord {
  const known = recordsWithFullKeys.get(record);
  if (known) return known;
  const reservations = record.reservations.map((reservation) => ({
    ...reservation,
    key: fullKey(reservation),
  }));
  const full = { ...record, reservations };
  recordsWithFullKeys.set(record, full);
  return full;
}

/**
 * The same for writing: only the model's own entry gets its new key. Version 0.1.0 may run another stack on the host, and would
 * not know its own entries by another key.
 */
export function recordToWrite(identity: Identity, record: HostRecord): HostRecord {
  const seen = recordFor(identity, record).reservations;
  const reservations = record.reservations.map((one, number) =>
    seen[number]?.key === identity.key ? { ...one, key: identity.key } : one,
  );
  return { ...record, reservations };
}

/**
 * Who holds what on a host once this operation's plan is done: the record, without the devices that the plan takes away
 * (their allocations are placed again), with the places that allocations of this operation were given already.
 *
 * @param ownerKey of the GpuPartitionConfig.
 */
export function reservationsOn(
  { placements, declarations }: Operation,
  { hostId, record }: Pick<HostObservation, "hostId" | "record">,
  ownerKey: string,
): readonly Reservation[] {
  const placed = placements.on(hostId);
  const keys = new Set(placed.map((one) => one.key));
  const recorded = record.reservations
    .filter((one) => !keys.has(one.key))
    .map((one) => fromRecord(one, hostId))
    .filter((one) => !vanishes(declarations, one, ownerKey));
  return [...recorded, ...placed];
}

/** Whether this operation's plan takes away a device of it. */
export function vanishes(
  declarations: Declarations,
  reservation: Pick<Reservation, "deviceIds">,
  ownerKey: string,
): boolean {
  const declared = declarations.of(ownerKey);
  if (declared?.state !== "planned") return false;
  return reservation.deviceIds.some((id) => declared.vanishing.has(gpuOf(id)));
}
