import { type Bytes, bytes, formatBytes } from "../../bytes.ts";
import type { Message } from "../../message.ts";
import type { Placement } from "../request.ts";
import { unreservedUseMessages as say } from "./messages.ts";
import { at, claimOf, occupy, openOccupancy } from "./occupancy.ts";
import type { Pool, Reservation } from "./pool.ts";

/** Memory of a logical device that its processes use beyond what is reserved on it. A live figure. */
export interface UnreservedUse {
  readonly hostId: string;
  readonly deviceId: string;
  readonly bytes: Bytes;
  /** "python3 (pid 4242)"; the processes that use most come first. */
  readonly by: string;
}

/** Unreserved use of one device of a placement. "unreserved-use-exceeds": beside it the device has too little memory. */
export type UseOnDevice = Message<keyof typeof say>;

/**
 * Unreserved use as reservations, so that it is counted like them. It never takes more than what is left: a model that has a
 * place keeps it, whatever processes use its devices.
 */
export function unreservedReservations(
  uses: readonly UnreservedUse[],
  pool: Pool,
  reservations: readonly Reservation[],
): readonly Reservation[] {
  if (uses.length === 0) return [];
  const occupancy = openOccupancy(pool, reservations);
  return uses.flatMap((use): readonly Reservation[] => {
    const device = occupancy.numberOf(use.hostId, use.deviceId);
    if (device === undefined || at(occupancy.closed, device) > 0) return [];
    const left = Math.min(
      at(occupancy.free, device),
      at(occupancy.domainFree, at(occupancy.domainOf, device)),
    );
    const counted: Reservation = {
      key: `unreserved processes (${use.by}: ${formatBytes(use.bytes)} of ${use.deviceId})`,
      hostId: use.hostId,
      deviceIds: [use.deviceId],
      bytesPerDevice: bytes(Math.min(use.bytes, Math.max(0, left))),
      origin: "process",
    };
    occupy(occupancy, claimOf(occupancy, counted));
    return [counted];
  });
}

/** Unreserved use of the devices of a placement, whether or not it was counted when the place was chosen. */
export function useOnDevices(
  uses: readonly UnreservedUse[],
  pool: Pool,
  others: readonly Reservation[],
  placement: Placement,
): readonly UseOnDevice[] {
  const occupancy = openOccupancy(
    pool,
    others.filter((other) => other.origin !== "process"),
  );
  return placement.devices.flatMap((device): readonly UseOnDevice[] => {
    const use = uses.find((other) => other.hostId === device.hostId && other.deviceId === device.id);
    if (!use) return [];
    const free = Math.max(0, at(occupancy.free, occupancy.numberOf(device.hostId, device.id) ?? -1));
    const left = bytes(Math.max(0, free - use.bytes));
    const { deviceId, by } = use;
    const demand = placement.bytesPerDevice;
    return demand <= left
      ? [say["unreserved-use-fits"]({ deviceId, by, bytes: use.bytes })]
      : [say["unreserved-use-exceeds"]({ deviceId, by, bytes: use.bytes, demand, left })];
  });
}
