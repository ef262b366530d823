import { z } from "zod";

import { servingFields } from "./serving.ts";

const count = z.number().int().positive();

/** Where the model may sit. Spread it into the object of whoever takes these fields. */
export const placementFields = {
  /** Logical devices that the model is split over; "auto" takes the fewest that hold it. @default "auto" */
  tensorParallel: z
    .union([z.literal("auto"), count], { error: 'must be "auto" or a whole number above 0' })
    .default("auto"),
  /** Whether the model stays on one GPU, or may use several GPUs of one host if no GPU can hold it. @default "gpu" */
  span: z.enum(["gpu", "host"]).optional(),
  /** "pack" keeps the largest free room; "spread" takes the least loaded memory domain. @default "pack" */
  strategy: z.enum(["pack", "spread"]).default("pack"),
  /** No other model gets room on the devices of this model. @default false */
  exclusive: z.boolean().default(false),
  /** Counts unreserved use, memory of processes without a reservation, when a place is chosen. @default false */
  respectForeignUse: z.boolean().optional(),
  /** Limits the choice to these GPUs or logical devices; with both, to either. @default no limit */
  pin: z
    .strictObject({
      /** PCI addresses of GPUs. */
      gpus: z.array(z.string().min(1)).min(1).optional(),
      /** Ids of logical devices, as in `partitions`. */
      partitions: z.array(z.string().min(1)).min(1).optional(),
    })
    .optional(),
};

export const scheduleOptionsSchema = z.strictObject({
  ...servingFields,
  ...placementFields,
  /** Name of the placement; a second call with the same name keeps it. @default the model's id, numbered */
  name: z.string().min(1).optional(),
});
export type ScheduleOptionsArgs = z.input<typeof scheduleOptionsSchema>;
export type ScheduleOptions = z.output<typeof scheduleOptionsSchema>;
