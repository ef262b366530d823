import { type ListedReservation, listed, withoutListed } from "../host-record/listed.ts";
import { partitionerOf, type UsableHost } from "./usable.ts";

/** Observes the host once: everything that is reserved there, by key. */
export async function reservationsOn(host: UsableHost): Promise<readonly ListedReservation[]> {
  const { record, devices } = await partitionerOf(host).observe();
  return listed(record, new Set(devices.map((device) => device.id)));
}

/** @throws ReservationChangedError */
export async function release(host: UsableHost, reservation: ListedReservation): Promise<void> {
  const { record, target } = partitionerOf(host);
  await record.update((found) => withoutListed(found, reservation, target));
}
