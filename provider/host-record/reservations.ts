import { bytes } from "../bytes.ts";
import type { Reservation } from "../scheduler/occupancy/pool.ts";
import type { Reservation as RecordedReservation } from "./record.ts";

/** Whose a reservation is, and since when: for a person who reads the record. */
export type Owner = Pick<RecordedReservation, "urn" | "since">;

/** The scheduler speaks of equal bytes on each device, the record of every device on its own. */
export const toRecord = (reservation: Reservation, owner: Owner = {}): RecordedReservation => ({
  key: reservation.key,
  model: reservation.model ?? "",
  devices: reservation.deviceIds.map((id) => ({ id, bytes: reservation.bytesPerDevice })),
  exclusive: reservation.exclusive ?? false,
  ...(reservation.antiAffinity && { antiAffinity: { ...reservation.antiAffinity } }),
  ...(reservation.declared !== undefined && { declared: reservation.declared }),
  ...owner,
});

export const fromRecord = (reservation: RecordedReservation, hostId: string): Reservation => ({
  key: reservation.key,
  hostId,
  deviceIds: reservation.devices.map((claim) => claim.id),
  bytesPerDevice: bytes(Math.max(...reservation.devices.map((claim) => claim.bytes))),
  exclusive: reservation.exclusive,
  ...(reservation.antiAffinity && { antiAffinity: reservation.antiAffinity }),
  ...(reservation.declared !== undefined && { declared: reservation.declared }),
  model: reservation.model,
});
