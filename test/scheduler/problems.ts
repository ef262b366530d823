import type { PlacementProblem } from "../../provider/scheduler/advice/placement-problem.ts";
import { poolOf, type Reservation } from "../../provider/scheduler/occupancy/pool.ts";
import { type ScheduleOptionsArgs, scheduleOptionsSchema } from "../../provider/schema/placement.ts";
import type { Layout } from "../../provider/topology/layout.ts";
import { shapeOf } from "../support/catalog-shape.ts";
import { cpxNode } from "../support/mi300x.ts";

/** A model of the catalog that wants a place on one host, "h". */
export const problem = (
  id: string,
  options: ScheduleOptionsArgs,
  layout: Layout = cpxNode(),
  reservations: readonly Reservation[] = [],
): PlacementProblem => ({
  key: "key",
  shape: shapeOf(id),
  options: scheduleOptionsSchema.parse(options),
  pool: poolOf([{ hostId: "h", layout }]),
  reservations,
});
