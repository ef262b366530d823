import type { Bytes } from "../bytes.ts";
import { resolveServing } from "../models/defaults.ts";
import type { ModelShape } from "../models/shape.ts";
import type { ScheduleOptions } from "../schema/model.ts";
import type { ChangeableHost } from "./alternatives.ts";
import { demandOf, requestOf } from "./demand.ts";
import { type ForeignUse, foreignReservations } from "./foreign-use.ts";
import { place, type PlaceResult } from "./place.ts";
import type { Pool, Reservation } from "./pool.ts";
import type { Remedy } from "./remedy.ts";
import type { AntiAffinity } from "./request.ts";

/** One model that wants a place, and everything that decides whether it gets one. */
export interface Situation {
  readonly key: string;
  readonly shape: ModelShape;
  readonly options: ScheduleOptions;
  readonly pool: Pool;
  readonly reservations: readonly Reservation[];
  readonly antiAffinity?: AntiAffinity | undefined;
  /** Hosts whose modes may be changed, for advice. @default unknown: only whole GPUs are suggested */
  readonly hosts?: readonly ChangeableHost[] | undefined;
  /** Changes of the whole fleet that were tried and let all its models fit, for advice. @default none */
  readonly fleetRemedies?: readonly Remedy[] | undefined;
  /** What a model that has a place holds there: it is placed by that, whatever it would be estimated at now. @default nothing */
  readonly held?: Held | undefined;
  /** Live use of the devices beyond what is reserved; counted when `respectForeignUse` is on. @default none */
  readonly foreignUse?: readonly ForeignUse[] | undefined;
}

/** The claim of a model that runs as it was declared. */
export interface Held {
  readonly tensorParallel: number;
  readonly bytesPerDevice: Bytes;
}

/** With the foreign use among the reservations, if it is to be respected. */
export function respecting(situation: Situation): Situation {
  const { options, pool, reservations, foreignUse } = situation;
  if (options.respectForeignUse !== true || !foreignUse) return situation;
  return {
    ...situation,
    reservations: [...reservations, ...foreignReservations(foreignUse, pool, reservations)],
  };
}

/** Where the model would be placed with these options; undefined when it cannot be served so. */
export function tryPlacing(
  situation: Situation,
  changed: Partial<ScheduleOptions> = {},
): PlaceResult | undefined {
  const options = { ...situation.options, ...changed };
  const demand = demandOf(situation.shape, resolveServing(situation.shape, options), options);
  if (!demand.ok) return undefined;
  const request = requestOf({ ...situation, options }, demand.estimates);
  return place(situation.pool, situation.reservations, request);
}

/** Whether the model would be placed; estimated and searched anew, never guessed. */
export const fits = (situation: Situation, changed: Partial<ScheduleOptions> = {}): boolean =>
  tryPlacing(situation, changed)?.placed ?? false;
