import { z } from "zod";

import { ACCELERATOR_NAMES } from "../topology/accelerators.ts";
import { directHostSchema } from "./direct.ts";
import { modelSchema } from "./model-spec.ts";
import { accessProblems } from "./partition.ts";
import { placementFields } from "./placement.ts";
import { computePartition, memoryPartition } from "./profiles.ts";
import { gpuArchitectureSchema, servingFields } from "./serving.ts";

/* Arguments of the functions of the plugin. */

const count = z.number().int().positive();

/** Once its name in the provider's configuration is resolved. */
export const getHostSchema = directHostSchema.superRefine((args, context) => {
  for (const [field, message] of accessProblems(args))
    context.addIssue({ code: "custom", path: [field], message });
});

export const estimateMemorySchema = z.strictObject({
  /** Id of the catalog or of the Hugging Face Hub, a directory or GGUF file on the machine that runs Pulumi, or the shape of a model. */
  model: modelSchema,
  ...servingFields,
  /** Logical devices that the model is split over. @default 1 */
  tensorParallel: count.default(1),
  /** Instruction set of the GPUs that the estimate is made for. @default "gfx942" */
  gpuArchitecture: gpuArchitectureSchema.optional(),
});

const capacityModelSchema = z.strictObject({
  /** Id of the catalog or of the Hugging Face Hub, a directory or GGUF file on the machine that runs Pulumi, or the shape of a model. */
  model: modelSchema,
  // A number adds it to the keys of the placements.
  /** Copies of the model, each with devices of its own. @default 1 */
  replicas: count.max(1024).optional(),
  ...servingFields,
  ...placementFields,
});

const capacityHostSchema = z.strictObject({
  /** Name of the host in the answer. */
  name: z.string().min(1),
  /** Model of its GPUs. */
  accelerator: z.enum(ACCELERATOR_NAMES),
  /** Number of its GPUs. */
  gpus: z.number().int().min(1).max(8),
  /** Modes of all its GPUs now, which changes are counted against. @default SPX/NPS1, as delivered */
  now: z
    .strictObject({
      /** Compute mode. */
      compute: computePartition,
      /** Memory mode. */
      memory: memoryPartition,
    })
    .optional(),
});

export const planCapacitySchema = z.strictObject({
  /** Models by a name of their own. */
  models: z.record(z.string().min(1), capacityModelSchema),
  /** Hosts whose GPUs can have any layout. */
  hosts: z.array(capacityHostSchema).min(1),
});

/** The output `container` of a ModelAllocation. */
const containerSchema = z.strictObject({
  devices: z.array(z.string()),
  groups: z.array(z.string()),
  env: z.record(z.string(), z.string()),
});

export const containerArgsSchema = z.strictObject({
  /** The output `container` of a ModelAllocation. */
  container: containerSchema,
});
export type ContainerArgs = Readonly<z.output<typeof containerArgsSchema>>;

export const environmentArgsSchema = z.strictObject({
  /** The output `env` of a ModelAllocation, and other variables of the container. */
  env: z.record(z.string(), z.string()),
});
