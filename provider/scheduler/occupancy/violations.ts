import { bytes } from "../../bytes.ts";
import type { Message } from "../../message.ts";
import { violationMessages as say } from "./messages.ts";
import { at, openOccupancy } from "./occupancy.ts";
import { hostKey, type Pool, type Reservation } from "./pool.ts";
import { deviceUtilization } from "./utilization.ts";

/** A rule that a set of reservations breaks. */
export type Violation = Message<keyof typeof say>;

/** All broken rules; none for reservations that `place` led to. Reservations read from a host may break them. */
export const findViolations = (pool: Pool, reservations: readonly Reservation[]): readonly Violation[] => [
  ...keyViolations(reservations),
  ...unknownDevices(pool, reservations),
  ...deviceViolations(pool, reservations),
  ...domainViolations(pool, reservations),
];

function keyViolations(reservations: readonly Reservation[]): readonly Violation[] {
  const seen = new Set<string>();
  return reservations
    .filter(({ key }) => seen.size === seen.add(key).size)
    .map(({ key }) => say["key-reserved-twice"]({ key }));
}

function unknownDevices(pool: Pool, reservations: readonly Reservation[]): readonly Violation[] {
  const known = new Set(pool.devices.map((device) => hostKey(device.hostId, device.id)));
  return reservations.flatMap(({ key, hostId, deviceIds }) =>
    deviceIds
      .filter((deviceId) => !known.has(hostKey(hostId, deviceId)))
      .map((deviceId) => say["unknown-device-reserved"]({ key, deviceId, hostId })),
  );
}

function deviceViolations(pool: Pool, reservations: readonly Reservation[]): readonly Violation[] {
  return deviceUtilization(pool, reservations).flatMap((device) => {
    const { partitionId: deviceId, used, reserve, capacity, exclusive, models: keys } = device;
    const usable = bytes(Math.max(0, capacity - reserve));
    return [
      ...(used > usable ? [say["device-overcommitted"]({ deviceId, used, usable, keys })] : []),
      ...(exclusive && keys.length > 1 ? [say["exclusive-device-shared"]({ deviceId, keys })] : []),
    ];
  });
}

function domainViolations(pool: Pool, reservations: readonly Reservation[]): readonly Violation[] {
  const { devices, domainOf, domainCapacity, domainFree } = openOccupancy(pool, reservations);
  const usedBy = new Map<string, number>();
  for (const [number, { hostId, domain }] of devices.entries()) {
    const of = at(domainOf, number);
    usedBy.set(hostKey(hostId, domain), at(domainCapacity, of) - at(domainFree, of));
  }
  return pool.domains.flatMap(({ hostId, id: domainId, capacity }) => {
    const used = bytes(usedBy.get(hostKey(hostId, domainId)) ?? 0);
    return used > capacity ? [say["domain-overcommitted"]({ domainId, used, capacity })] : [];
  });
}
