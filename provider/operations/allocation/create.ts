import { RefusedError } from "../../change-errors.ts";
import { HostUnusableError } from "../../host-errors.ts";
import { withReservation } from "../../host-record/changes.ts";
import type { HostRecord } from "../../host-record/record.ts";
import { fromRecord, toRecord } from "../../host-record/reservations.ts";
import type { Message } from "../../message.ts";
import { fullKey } from "../../resource-key.ts";
import type { Pool, Reservation } from "../../scheduler/occupancy/pool.ts";
import { findViolations } from "../../scheduler/occupancy/violations.ts";
import type { HostAccessArgs } from "../../schema/allocation.ts";
import { OperationError } from "../operation-error.ts";
import type { Operation } from "../operation/operation.ts";
import type { Placements } from "../operation/placements.ts";
import type { AllocationState } from "../state/allocation-state.ts";
import { reserveMessages } from "./messages.ts";
import { recordFor, recordToWrite } from "./reservations.ts";

/** The access to the host the model is placed on; of several configurations of one host any will do. */
export async function accessTo(
  operation: Operation,
  { hosts, computed: { hostId } }: AllocationState,
): Promise<HostAccessArgs> {
  const [single] = hosts;
  if (hosts.length === 1 && single) return single;
  for (const access of hosts) {
    if ((await operation.hosts.open(access)).observation.hostId === hostId) return access;
  }
  throw new OperationError(reserveMessages["host-not-given"]({ hostId: String(hostId) }));
}

/** Writes the reservation, if it still is possible at that moment: another stack may have been faster. */
export async function reserve(operation: Operation, checked: AllocationState): Promise<void> {
  const { identity, computed } = checked;
  if (identity === undefined || computed.partitionIds === undefined)
    throw new OperationError(reserveMessages["no-place-yet"]());
  const host = await operation.hosts.open(await accessTo(operation, checked));
  const { partitioner } = host;
  if (!partitioner) throw new HostUnusableError(host.capability.reason);
  const placed = operation.placements.of(identity.key);
  if (!placed) throw new OperationError(reserveMessages["left-out"]());
  const { reservation: wanted, pool } = placed;
  const owner = { urn: identity.urn, since: new Date().toISOString() };
  await partitioner.record.update((found) => {
    const record = withMoves(operation.placements, recordToWrite(identity, found), wanted);
    const taken = conflicts(recordFor(identity, record), wanted, pool);
    if (taken.length > 0) throw new RefusedError(partitioner.target, taken);
    return withReservation(record, toRecord(wanted, owner));
  });
}

/**
 * The record with the new places of models that this operation moves, in one write with the model that takes their room: at no
 * moment do two hold the same bytes.
 */
function withMoves(placements: Placements, record: HostRecord, wanted: Reservation): HostRecord {
  const reservations = record.reservations.flatMap((one) => {
    const moved = placements.of(fullKey(one))?.reservation;
    if (one.key === wanted.key || !moved) return [one];
    return moved.hostId === wanted.hostId ? [toRecord(moved, { urn: one.urn })] : [];
  });
  return { ...record, reservations };
}

/** Why the reservation does not fit any more, and who is in the way. */
function conflicts(record: HostRecord, wanted: Reservation, pool: Pool): readonly Message[] {
  if (record.journal) return [reserveMessages["host-changing"]({ key: record.journal.key })];
  const others = record.reservations
    .filter((one) => one.key !== wanted.key)
    .map((one) => fromRecord(one, wanted.hostId));
  const before = new Set(findViolations(pool, others).map((one) => one.text));
  const mine = new Set(wanted.deviceIds);
  const near = others.filter((one) => one.deviceIds.some((id) => mine.has(id))).map((one) => one.key);
  return findViolations(pool, [...others, wanted])
    .filter((one) => !before.has(one.text))
    .map(({ text }) => reserveMessages["reservations-changed"]({ violation: text, near }));
}
