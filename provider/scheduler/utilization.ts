import type { Bytes } from "../bytes.ts";
import { openLedger } from "./ledger.ts";
import { compareDevices, type Pool, type Reservation } from "./pool.ts";

export interface PartitionUtilization {
  readonly hostId: string;
  readonly partitionId: string;
  readonly gpu: string;
  /** Position in the driver's order of its host. */
  readonly index: number;
  readonly capacity: Bytes;
  /** Kept by the kernel. */
  readonly reserve: Bytes;
  readonly used: Bytes;
  readonly free: Bytes;
  /** used / capacity, 0 to 1 (above 1 when more is held than there is). */
  readonly utilization: number;
  /** Keys of the reservations. */
  readonly models: readonly string[];
  readonly exclusive: boolean;
}

/** Every logical device and what holds it, by host and in the driver's order. */
export function partitionUtilization(
  pool: Pool,
  reservations: readonly Reservation[],
): readonly PartitionUtilization[] {
  const ledger = openLedger(pool, reservations);
  return pool.devices.toSorted(compareDevices).map((device) => ({
    hostId: device.hostId,
    partitionId: device.id,
    gpu: device.gpu,
    index: device.index,
    capacity: device.capacity,
    reserve: ledger.reserve(device),
    used: ledger.used(device),
    free: ledger.free(device),
    utilization: ledger.used(device) / Math.max(1, device.capacity),
    models: ledger.holders(device),
    exclusive: ledger.isExclusive(device),
  }));
}
