import { type Bytes, bytes } from "../../bytes.ts";
import { at, openOccupancy } from "./occupancy.ts";
import type { Pool, Reservation } from "./pool.ts";

/** One logical device and what is reserved on it. */
export interface DeviceUtilization {
  readonly hostId: string;
  readonly partitionId: string;
  readonly gpu: string;
  /** Position in the driver's order of its host. */
  readonly index: number;
  readonly capacity: Bytes;
  /** Bytes kept by the kernel. */
  readonly reserve: Bytes;
  readonly used: Bytes;
  /** Bytes left for models: capacity without the reserve and without what is used; 0 when more is used than there is. */
  readonly free: Bytes;
  /** used / capacity, 0 to 1 (above 1 when more is used than there is). */
  readonly utilization: number;
  /** Keys of the reservations. */
  readonly models: readonly string[];
  readonly exclusive: boolean;
}

/** Every logical device and what is reserved on it, by host and in the driver's order. */
export function deviceUtilization(
  pool: Pool,
  reservations: readonly Reservation[],
): readonly DeviceUtilization[] {
  const { devices, used, free, closed, reserves, reservedBy } = openOccupancy(pool, reservations);
  return devices.map((device, number) => ({
    hostId: device.hostId,
    partitionId: device.id,
    gpu: device.gpu,
    index: device.index,
    capacity: device.capacity,
    reserve: reserves.get(device.hostId) ?? bytes(0),
    used: bytes(at(used, number)),
    free: bytes(Math.max(0, at(free, number))),
    utilization: at(used, number) / Math.max(1, device.capacity),
    models: reservedBy.get(number) ?? [],
    exclusive: at(closed, number) > 0,
  }));
}
