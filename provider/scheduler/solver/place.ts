import { type Occupancy, openOccupancy, vacate } from "../occupancy/occupancy.ts";
import type { Pool, Reservation } from "../occupancy/pool.ts";
import type { Placement, PlacementRequest } from "../request.ts";
import { fillExactly } from "./greedy.ts";
import { keptAssignment } from "./keep.ts";
import { placementOf } from "./placements.ts";
import { claimOn, type Workload, workloadOf } from "./workload.ts";

/** A model on its devices. */
export interface Placed {
  readonly placement: Placement;
  /** "kept": the model has this place already, and it is still valid. */
  readonly how: "new" | "kept" | "moved";
}

/** What a single model is placed by. */
export interface PlaceQuestion {
  /** Of the pool with all reservations but the model's own. */
  readonly occupancy: Occupancy;
  readonly workload: Workload;
  /** The reservation under the request's key. */
  readonly own: Reservation | undefined;
}

export function questionOf(
  pool: Pool,
  reservations: readonly Reservation[],
  request: PlacementRequest,
): PlaceQuestion {
  const others = reservations.filter((reservation) => reservation.key !== request.key);
  const occupancy = openOccupancy(pool, others);
  return {
    occupancy,
    workload: workloadOf(occupancy, request),
    own: reservations.find((reservation) => reservation.key === request.key),
  };
}

/**
 * Finds devices for one model: a batch of one, without a search. The model keeps its place as long as that is valid, else it
 * takes the fewest ranks that fit, on the best devices for them.
 *
 * @returns undefined when there is no place; `diagnose` says why
 */
export function placeOne({ occupancy, workload, own }: PlaceQuestion): Placed | undefined {
  const kept = own && keptAssignment(occupancy, workload, own);
  const assignment = kept ?? placedBest(occupancy, workload);
  const placement = assignment && placementOf(occupancy, assignment);
  if (!placement) return undefined;
  if (kept) return { placement, how: "kept" };
  return { placement, how: own ? "moved" : "new" };
}

function placedBest(occupancy: Occupancy, workload: Workload) {
  const [assignment] = fillExactly(occupancy, [workload]).assignments;
  if (assignment) vacate(occupancy, claimOn(assignment));
  return assignment;
}

/**
 * Finds devices for one model. A placement is valid when on every device the sum of all claims and the kernel's reserve is
 * within the capacity, and in every memory domain the sum of all claims is. The answer does not depend on the order of
 * devices or reservations.
 *
 * @returns undefined when there is no place
 */
export const place = (
  pool: Pool,
  reservations: readonly Reservation[],
  request: PlacementRequest,
): Placed | undefined => placeOne(questionOf(pool, reservations, request));
