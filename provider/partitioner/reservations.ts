import { type ListedReservation, listed, withoutListed } from "../host-record/listed.ts";
import type { OpenHost } from "./open-host.ts";
import type { Partitioner } from "./partitioner.ts";

type Host = Pick<OpenHost, "partitioner" | "capability">;

/** @throws RangeError when the host cannot be used. */
function partitionerOf({ partitioner, capability }: Host): Partitioner {
  if (!partitioner) throw new RangeError(`the host cannot be used: ${capability.reason}`);
  return partitioner;
}

/** One look at the host: everything that is reserved there, by key. */
export async function reservationsOn(host: Host): Promise<readonly ListedReservation[]> {
  const { record, devices } = await partitionerOf(host).observe();
  return listed(record, new Set(devices.map((device) => device.id)));
}

/** @throws ReservationChangedError */
export async function release(host: Host, reservation: ListedReservation): Promise<void> {
  const { record, target } = partitionerOf(host);
  await record.update((found) => withoutListed(found, reservation, target));
}
