import { bytes } from "../../bytes.ts";
import { withReservation } from "../../host-record/changes.ts";
import type { HostRecord } from "../../host-record/record.ts";
import { fromRecord, toRecord } from "../../host-record/reservations.ts";
import type { Message } from "../../message.ts";
import { RefusedError } from "../../partitioner/change/reconcile.ts";
import type { Pool, Reservation } from "../../scheduler/pool.ts";
import { findViolations } from "../../scheduler/violations.ts";
import { type HostAccessArgs, hostAccessSchema } from "../../schema/allocation.ts";
import type { ModelArgs } from "../../schema/model.ts";
import type { Identity } from "../../schema/partition.ts";
import type { Properties } from "../handler.ts";
import { hostOf, poolOf, promiseTo } from "../operation.ts";
import { reserveMessages } from "./messages.ts";

const identityIn = (properties: Properties): Identity => properties["identity"] as Identity;

export const allocationKey = (properties: Properties): string => identityIn(properties).key;

/** The access to the host the model is placed on; of several configurations of one host any will do. */
export async function accessTo(properties: Properties): Promise<HostAccessArgs> {
  const all = (properties["hosts"] as readonly unknown[]).map((one) => hostAccessSchema.parse(one));
  const [single] = all;
  if (all.length === 1 && single) return single;
  for (const access of all) {
    if ((await hostOf(access)).observation.hostId === properties["hostId"]) return access;
  }
  throw new Error(
    `none of the given hosts is ${String(properties["hostId"])}, which has the model's devices`,
  );
}

/** Writes the reservation, if it still is possible at that moment: another stack may have been faster. */
export async function reserve(inputs: Properties): Promise<void> {
  if (inputs["partitionIds"] === undefined)
    throw new Error("the model has no place: its host did not answer when the placement was to be made");
  const host = await hostOf(await accessTo(inputs));
  const { partitioner } = host;
  if (!partitioner) throw new Error(`the host cannot be used: ${host.capability.reason}`);
  const wanted = reservationIn(inputs);
  const pool = poolOf(wanted.key);
  if (!pool) throw new Error("the placement was not checked in this run");
  const owner = { urn: identityIn(inputs).urn, since: new Date().toISOString() };
  await partitioner.record.update((found) => {
    const record = withMoves(found, wanted);
    const taken = conflicts(record, wanted, pool);
    if (taken.length > 0) throw new RefusedError(partitioner.target, taken);
    return withReservation(record, toRecord(wanted, owner));
  });
}

/**
 * The record with the new places of models that this operation moves, in one write with the model that takes their room: at no
 * moment do two hold the same bytes.
 */
function withMoves(record: HostRecord, wanted: Reservation): HostRecord {
  const reservations = record.reservations.flatMap((one) => {
    const promise = promiseTo(one.key);
    if (one.key === wanted.key || !promise) return [one];
    return promise.hostId === wanted.hostId ? [promise.reservation] : [];
  });
  return { ...record, reservations };
}

/** Why the reservation does not fit any more, and who is in the way. */
function conflicts(record: HostRecord, wanted: Reservation, pool: Pool): readonly Message[] {
  if (record.journal) return [reserveMessages["host-changing"]({ key: record.journal.key })];
  const others = record.reservations
    .filter((one) => one.key !== wanted.key)
    .map((one) => fromRecord(one, wanted.hostId));
  const before = new Set(findViolations(pool, others).map((one) => one.sentence));
  const mine = new Set(wanted.deviceIds);
  const near = others.filter((one) => one.deviceIds.some((id) => mine.has(id))).map((one) => one.key);
  return findViolations(pool, [...others, wanted])
    .filter((one) => !before.has(one.sentence))
    .map(({ sentence }) => reserveMessages["reservations-changed"]({ violation: sentence, near }));
}

function reservationIn(inputs: Properties): Reservation {
  const memory = inputs["memory"] as { perDeviceBytes: number };
  const model = inputs["model"] as ModelArgs;
  const antiAffinity = promiseTo(allocationKey(inputs))?.reservation.antiAffinity;
  return {
    key: allocationKey(inputs),
    hostId: String(inputs["hostId"]),
    deviceIds: inputs["partitionIds"] as readonly string[],
    bytesPerDevice: bytes(memory.perDeviceBytes),
    exclusive: inputs["exclusive"] === true,
    ...(antiAffinity && { antiAffinity }),
    model: `${typeof model === "string" ? model : model.name} (${String(inputs["precision"])})`,
  };
}
