import type { ScheduleOptions } from "../../schema/model.ts";

/** One change that was tried and makes the model fit. */
export interface Remedy {
  /** The option to change; "layout", "reservations" and "rebalance", which is its fleet's, are not the model's own. */
  readonly property: keyof ScheduleOptions | "layout" | "reservations" | "rebalance";
  readonly value: number | string;
  /** "maxNumSeqs 5" */
  readonly sentence: string;
}
