import { poolOf, type Reservation } from "../../provider/scheduler/pool.ts";
import type { Situation } from "../../provider/scheduler/situation.ts";
import { type ScheduleOptionsArgs, scheduleOptionsSchema } from "../../provider/schema/model.ts";
import type { Layout } from "../../provider/topology/layout.ts";
import { shapeOf } from "../support/catalog-shape.ts";
import { cpxNode } from "../support/mi300x.ts";

/** A model of the catalog that wants a place on one host, "h". */
export const situation = (
  id: string,
  options: ScheduleOptionsArgs,
  layout: Layout = cpxNode(),
  reservations: readonly Reservation[] = [],
): Situation => ({
  key: "key",
  shape: shapeOf(id),
  options: scheduleOptionsSchema.parse(options),
  pool: poolOf([{ hostId: "h", layout }]),
  reservations,
});
