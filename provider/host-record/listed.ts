import { ReservationChangedError } from "../host-errors.ts";
import { listedKey } from "../resource-key.ts";
import { withoutReservation } from "./changes.ts";
import type { HostRecord, Reservation } from "./record.ts";

/** A reservation as its host's record has it. */
export interface ListedReservation {
  /** project/stack/name of the ModelAllocation. */
  readonly key: string;
  readonly project: string;
  readonly stack: string;
  readonly name: string;
  /** Of the resource; undefined where an earlier version wrote it. */
  readonly urn: string | undefined;
  /** "meta-llama/Llama-3.1-8B-Instruct (fp8)" */
  readonly model: string;
  readonly devices: readonly ListedDevice[];
  readonly exclusive: boolean;
  /** Since when it is on these devices, in UTC; undefined where an earlier version wrote it. */
  readonly since: string | undefined;
}

export interface ListedDevice {
  readonly id: string;
  /** What is held of it. */
  readonly bytes: number;
  /** "gone": the layout was changed behind the reservation's back, so it holds nothing there. */
  readonly state: "there" | "gone";
}

/** @param existing ids of the logical devices that the host has now */
export const listed = (record: HostRecord, existing: ReadonlySet<string>): readonly ListedReservation[] =>
  record.reservations.map((one) => listedOne(one, existing));

function listedOne(one: Reservation, existing: ReadonlySet<string>): ListedReservation {
  return {
    key: one.key,
    ...listedKey(one.key),
    urn: one.urn,
    model: one.model,
    devices: one.devices.map(({ id, bytes }) => ({ id, bytes, state: existing.has(id) ? "there" : "gone" })),
    exclusive: one.exclusive,
    since: one.since,
  };
}

interface Facts {
  readonly urn?: string | undefined;
  readonly model: string;
  readonly since?: string | undefined;
  readonly devices: readonly { readonly id: string; readonly bytes: number }[];
}

/** What must still be so: whose it is, what it is, where and since when. */
const factsOf = ({ urn, model, since, devices }: Facts) => ({
  resource: urn ?? "not said",
  model,
  devices: devices.map(({ id, bytes }) => `${bytes} bytes of ${id}`).join(", "),
  since: since ?? "not said",
});

/** The record without the one reservation that was listed. @throws ReservationChangedError */
export function withoutListed(record: HostRecord, wanted: ListedReservation, target: string): HostRecord {
  const found = record.reservations.find((one) => one.key === wanted.key);
  if (!found) throw new ReservationChangedError(target, wanted.key, "there is no such reservation");
  const now = factsOf(found);
  const then = factsOf(wanted);
  for (const fact of ["resource", "model", "devices", "since"] as const) {
    if (now[fact] === then[fact]) continue;
    const reason = `its ${fact} is now ${now[fact]}, but was listed as ${then[fact]}`;
    throw new ReservationChangedError(target, wanted.key, reason);
  }
  return withoutReservation(record, wanted.key);
}
