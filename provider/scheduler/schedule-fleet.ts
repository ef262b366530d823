import { resolveServing } from "../models/defaults.ts";
import type { ModelShape } from "../models/shape.ts";
import type { ScheduleOptions } from "../schema/model.ts";
import { claims, demandOf } from "./demand.ts";
import { type BatchOptions, type BatchResult, placeAll } from "./place-all.ts";
import type { Pool, Reservation } from "./pool.ts";
import type { AntiAffinity, PlacementRequest } from "./request.ts";

/** One of several models that are placed together. */
export interface FleetRequest {
  readonly key: string;
  readonly shape: ModelShape;
  readonly options: ScheduleOptions;
  readonly antiAffinity?: AntiAffinity | undefined;
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
  const asked = requests.flatMap(
    ({ key, shape, options: own, antiAffinity }): readonly PlacementRequest[] => {
      const demand = demandOf(shape, resolveServing(shape, own), own);
      if (!demand.ok) {
        mistakes.set(key, demand.error);
        return [];
      }
      const { tensorParallel, span, strategy, exclusive, pin } = own;
      const demandByTensorParallel = claims(demand.estimates);
      return [{ key, demandByTensorParallel, tensorParallel, span, strategy, exclusive, pin, antiAffinity }];
    },
  );
  return { ...placeAll(pool, reservations, asked, options), mistakes };
}
