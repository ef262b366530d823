import { z } from "zod";

import { hostAccessShape, simulationSchema } from "./partition.ts";

/** A host for a program without Pulumi: the same words as in a GpuPartitionConfig. */
export const directHostSchema = z.strictObject({
  ...hostAccessShape,
  simulation: simulationSchema.prefault({}),
});

export type DirectHostArgs = Readonly<z.input<typeof directHostSchema>>;
