import type { Message } from "../../message.ts";
import type { ScheduleOptions } from "../../schema/placement.ts";
import type { remedyMessages } from "./messages.ts";

/** A single change that was tried and makes the model fit. Its text is "maxNumSeqs 5". */
export interface Remedy extends Message<keyof typeof remedyMessages> {
  /** The option to change. "layout", "reservations" and "rebalance" (an option of its fleet) are not options of the model. */
  readonly property: keyof ScheduleOptions | "layout" | "reservations" | "rebalance";
  readonly value: number | string;
}
