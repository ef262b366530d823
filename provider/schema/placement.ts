import { z } from "zod";

import { servingFields } from "./serving.ts";

const count = z.number().int().positive();

/** Where the model may sit. Spread it into the object of whoever takes these fields. */
export const placementFields = {
  /** Logical devices the model is spread over; "auto" takes the fewest that hold it. @default "auto" */
  tensorParallel: z
    .union([z.literal("auto"), count], { error: 'must be "auto" or a whole number above 0' })
    .default("auto"),
  /**
   * How far ranks may be apart: all on one GPU, or on several GPUs of one host where one cannot hold the model. Ranks on
   * several GPUs are on as few of them as it takes. @default "gpu"
   */
  span: z.enum(["gpu", "host"]).optional(),
  /** "pack" leaves the largest devices free; "spread" takes the least loaded memory domain. @default "pack" */
  strategy: z.enum(["pack", "spread"]).default("pack"),
  /** No other model shares the devices. @default false */
  exclusive: z.boolean().default(false),
  /**
   * Place around memory that processes use which nobody reserved for, as it is when the place is chosen. A model that has a place
   * keeps it. @default false: shown, and a warning where the model does not fit beside it
   */
  respectForeignUse: z.boolean().optional(),
  /** Only these GPUs (PCI addresses) or these partitions (ids of logical devices); with both, either. */
  pin: z
    .strictObject({
      gpus: z.array(z.string().min(1)).min(1).optional(),
      partitions: z.array(z.string().min(1)).min(1).optional(),
    })
    .optional(),
};

export const scheduleOptionsSchema = z.strictObject({
  ...servingFields,
  ...placementFields,
  /** Key of the reservation; asking again with the same name keeps the placement. @default the model's id, numbered */
  name: z.string().min(1).optional(),
});
export type ScheduleOptionsArgs = z.input<typeof scheduleOptionsSchema>;
export type ScheduleOptions = z.output<typeof scheduleOptionsSchema>;
