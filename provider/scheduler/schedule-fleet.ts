import type { ModelShape } from "../models/shape/shape.ts";
import type { ScheduleOptions } from "../schema/placement.ts";
import { demandOf, type Held, requestOf, withHeld } from "./demand.ts";
import type { AntiAffinity, Pool, Reservation } from "./occupancy/pool.ts";
import { servingOn } from "./serving-on.ts";
import { type BatchOptions, type BatchResult, placeAll } from "./solver/place-all.ts";

/** One of several models that are placed together. */
export interface FleetRequest {
  readonly key: string;
  readonly shape: ModelShape;
  readonly options: ScheduleOptions;
  readonly antiAffinity?: AntiAffinity | undefined;
  /** What a running model holds: it is placed by that, whatever it would be estimated at now. @default nothing */
  readonly held?: Held | undefined;
}

export interface FleetOutcome extends BatchResult {
  /** Models that cannot be served as asked on any device, by key. */
  readonly mistakes: ReadonlyMap<string, string>;
}

/** Estimates and places several models at once. Pure. */
export function scheduleFleet(
  pool: Pool,
  reservations: readonly Reservation[],
  requests: readonly FleetRequest[],
  options: BatchOptions = {},
): FleetOutcome {
  const mistakes = new Map<string, string>();
  const asked = requests.flatMap((request) => {
    const { key, shape, options: own } = request;
    const demand = demandOf(shape, servingOn(pool, shape, own), own);
    if (demand.ok) return [withHeld(requestOf(request, demand.estimates), request.held)];
    mistakes.set(key, demand.error);
    return [];
  });
  return { ...placeAll(pool, reservations, asked, options), mistakes };
}
