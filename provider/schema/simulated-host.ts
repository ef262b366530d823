import { z } from "zod";

import { ACCELERATOR_NAMES } from "../topology/accelerators.ts";
import { COMPUTE_MODES, MEMORY_MODES } from "../topology/modes.ts";

/**
 * The file that is a simulated host. It is meant to be edited: change `compute` or `memory` of a GPU, and the next preview
 * shows drift.
 */
export const simulatedHostSchema = z.looseObject({
  version: z.literal(1),
  hostId: z.string().min(1),
  accelerator: z.enum(ACCELERATOR_NAMES),
  gpus: z
    .array(
      z.looseObject({
        gpu: z.string().regex(/^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.0$/),
        compute: z.enum(COMPUTE_MODES),
        memory: z.enum(MEMORY_MODES),
        /** A memory mode that waits for the next driver load. */
        stagedMemory: z.enum(MEMORY_MODES).optional(),
      }),
    )
    .min(1),
  /** Processes on the GPUs, with what each has of which logical device, in bytes. @default none */
  processes: z
    .array(
      z.looseObject({
        pid: z.number().int().positive(),
        name: z.string(),
        vram: z.record(z.string(), z.number().int().nonnegative()),
      }),
    )
    .optional(),
  /** The host record, which on a real host is a file of its own. Absent until the first reservation or change. */
  record: z.unknown().optional(),
});

export type SimulatedHostState = Readonly<z.infer<typeof simulatedHostSchema>>;
