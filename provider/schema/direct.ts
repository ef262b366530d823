import { z } from "zod";

import { hostAccessShape, simulationSchema } from "./partition.ts";

/** A host for a program without Pulumi: the same words as in a GpuPartitionConfig. */
export const directHostSchema = z.strictObject({
  ...hostAccessShape,
  /** What is simulated, where the backend is the simulation. @default eight MI300X */
  simulation: simulationSchema.prefault({}),
});

export type DirectHostArgs = Readonly<z.input<typeof directHostSchema>>;
