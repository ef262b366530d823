import { at, openOccupancy } from "./occupancy.ts";
import { hostKey, type Pool, type Reservation } from "./pool.ts";
import { deviceUtilization } from "./utilization.ts";

/** A rule that a set of reservations breaks. */
export interface Violation {
  readonly kind: "device" | "domain" | "exclusive" | "unknown-device" | "duplicate-key";
  /** The device, domain or reservation. */
  readonly subject: string;
  readonly sentence: string;
}

/** All broken rules; empty for every state that `place` led to. Reservations read from a host may break them. */
export function findViolations(pool: Pool, reservations: readonly Reservation[]): readonly Violation[] {
  const known = new Set(pool.devices.map((device) => hostKey(device.hostId, device.id)));
  const unknown = reservations.flatMap(({ key, hostId, deviceIds }) =>
    deviceIds
      .filter((id) => !known.has(hostKey(hostId, id)))
      .map((id) => violation("unknown-device", key, `${key} holds ${id}, which does not exist on ${hostId}`)),
  );
  const seen = new Set<string>();
  const duplicates = reservations
    .filter(({ key }) => seen.size === seen.add(key).size)
    .map(({ key }) => violation("duplicate-key", key, `${key} has more than one reservation`));
  return [
    ...duplicates,
    ...unknown,
    ...deviceViolations(pool, reservations),
    ...domainViolations(pool, reservations),
  ];
}

const violation = (kind: Violation["kind"], subject: string, sentence: string): Violation => ({
  kind,
  subject,
  sentence,
});

function deviceViolations(pool: Pool, reservations: readonly Reservation[]): readonly Violation[] {
  return deviceUtilization(pool, reservations).flatMap((device) => {
    const { partitionId, used, reserve, capacity, exclusive, models } = device;
    const found: Violation[] = [];
    if (used > 0 && used + reserve > capacity) {
      found.push(
        violation(
          "device",
          partitionId,
          `${models.join(", ")} hold ${used} bytes of ${partitionId}, which has ${capacity} less a reserve of ${reserve}`,
        ),
      );
    }
    if (exclusive && models.length > 1) {
      found.push(
        violation(
          "exclusive",
          partitionId,
          `${partitionId} is shared by ${models.join(", ")}, and one of them is exclusive`,
        ),
      );
    }
    return found;
  });
}

function domainViolations(pool: Pool, reservations: readonly Reservation[]): readonly Violation[] {
  const occupancy = openOccupancy(pool, reservations);
  const usedByDomain = new Map<string, number>();
  for (const [number, { hostId, domain }] of occupancy.devices.entries()) {
    const of = at(occupancy.domainOf, number);
    const used = at(occupancy.domainCapacity, of) - at(occupancy.domainFree, of);
    usedByDomain.set(hostKey(hostId, domain), used);
  }
  return pool.domains.flatMap((domain) => {
    const used = usedByDomain.get(hostKey(domain.hostId, domain.id)) ?? 0;
    return used > domain.capacity
      ? [
          violation(
            "domain",
            domain.id,
            `${used} bytes are held in memory domain ${domain.id}, which has ${domain.capacity}`,
          ),
        ]
      : [];
  });
}
