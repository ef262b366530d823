import type { HostObservation } from "../../detection/observation.ts";
import { fromRecord } from "../../host-record/reservations.ts";
import type { Reservation } from "../../scheduler/pool.ts";
import { gpuOf } from "../../topology/layout.ts";
import { declaredBy, promisedReservations } from "../operation.ts";

/**
 * Who holds what on a host once this operation's plan is done: the record, without the devices that the plan takes away
 * (their allocations are placed again), with what allocations of this operation were promised already.
 *
 * @param ownerKey project/stack/name of the GpuPartitionConfig.
 */
export function reservationsOn(observation: HostObservation, ownerKey: string): readonly Reservation[] {
  const { hostId } = observation;
  const promised = promisedReservations(hostId);
  return [...observation.record.reservations.filter((one) => !promised.has(one.key)), ...promised.values()]
    .map((one) => fromRecord(one, hostId))
    .filter((one) => promised.has(one.key) || !vanishes(one, ownerKey));
}

/** Whether this operation's plan takes away a device of it. */
export function vanishes(reservation: Pick<Reservation, "deviceIds">, ownerKey: string): boolean {
  const declared = declaredBy(ownerKey);
  if (!declared || declared === "unknown") return false;
  return reservation.deviceIds.some((id) => declared.vanishing.has(gpuOf(id)));
}
