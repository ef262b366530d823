import type { ModelShape } from "../../models/shape/shape.ts";
import type { ScheduleOptions } from "../../schema/placement.ts";
import { demandOf, type Held, requestOf } from "../demand.ts";
import type { AntiAffinity, Pool, Reservation } from "../occupancy/pool.ts";
import { type UnreservedUse, unreservedReservations } from "../occupancy/unreserved-use.ts";
import type { Placement } from "../request.ts";
import { servingOn } from "../serving-on.ts";
import { place } from "../solver/place.ts";
import type { ChangeableHost } from "./layout-alternatives.ts";
import type { Remedy } from "./remedy.ts";

/** One model that is to be placed, and everything that decides whether it can be. */
export interface PlacementProblem {
  readonly key: string;
  readonly shape: ModelShape;
  readonly options: ScheduleOptions;
  readonly pool: Pool;
  readonly reservations: readonly Reservation[];
  readonly antiAffinity?: AntiAffinity | undefined;
  /** Hosts whose modes may be changed, for advice. @default unknown: only whole GPUs are suggested */
  readonly hosts?: readonly ChangeableHost[] | undefined;
  /** Changes of the model's whole fleet that give all its models a place, for advice. @default none */
  readonly fleetRemedies?: readonly Remedy[] | undefined;
  /** What a model that has a place holds there: it is placed by that, whatever it would be estimated at now. @default nothing */
  readonly held?: Held | undefined;
  /** Live use of the devices beyond what is reserved; counted when `respectForeignUse` is on. @default none */
  readonly unreservedUse?: readonly UnreservedUse[] | undefined;
}

/** The problem with unreserved use among its reservations, if its options ask for that. */
export function respectingUnreservedUse(problem: PlacementProblem): PlacementProblem {
  const { options, pool, reservations, unreservedUse } = problem;
  if (options.respectForeignUse !== true || !unreservedUse) return problem;
  return {
    ...problem,
    reservations: [...reservations, ...unreservedReservations(unreservedUse, pool, reservations)],
  };
}

/** Where the model would be placed with these options; undefined where it has no place, or cannot be served at all. */
export function placeWith(
  problem: PlacementProblem,
  changed: Partial<ScheduleOptions> = {},
): Placement | undefined {
  const options = { ...problem.options, ...changed };
  const demand = demandOf(problem.shape, servingOn(problem.pool, problem.shape, options), options);
  if (!demand.ok) return undefined;
  const request = requestOf({ ...problem, options }, demand.estimates);
  return place(problem.pool, problem.reservations, request)?.placement;
}

/** Whether the model would have a place: estimated and placed again, never guessed. */
export const fits = (problem: PlacementProblem, changed: Partial<ScheduleOptions> = {}): boolean =>
  placeWith(problem, changed) !== undefined;
