import type { Pool, Reservation } from "../../scheduler/occupancy/pool.ts";

/** Where this operation has a place for a model, and among which devices it was found. */
export interface Placed {
  readonly reservation: Reservation;
  readonly pool: Pool;
}

/**
 * The places that the checks of this operation found. A model's reservation is written later, if at all; until then the models that
 * are checked after it must not be given the same memory.
 */
export interface Placements {
  note(placed: Placed): void;
  of(key: string): Placed | undefined;
  on(hostId: string): readonly Reservation[];
}

export function createPlacements(): Placements {
  const placed = new Map<string, Placed>();
  return {
    note: (one) => placed.set(one.reservation.key, one),
    of: (key) => placed.get(key),
    on: (hostId) =>
      [...placed.values()]
        .map(({ reservation }) => reservation)
        .filter((reservation) => reservation.hostId === hostId),
  };
}
