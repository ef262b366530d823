import { z } from "zod";

import { modelSchema, placementFields, servingFields } from "./model.ts";
import { hostAccessShape, identitySchema } from "./partition.ts";

const wholeBytes = z.number().int().nonnegative();

/** A logical device as a GpuPartitionConfig hands it on; see `topology/layout.ts`. */
const partitionSchema = z.looseObject({
  id: z.string(),
  gpu: z.string(),
  partition: z.number(),
  index: z.number(),
  computeUnits: z.number(),
  capacity: wholeBytes,
  domain: z.string(),
});

const memoryDomainSchema = z.looseObject({ id: z.string(), gpu: z.string(), capacity: wholeBytes });

/** Which device files lead to which logical device; known once the layout is in place. */
const deviceNodesSchema = z.looseObject({
  renderNodes: z.record(z.string(), z.string()),
  groups: z.array(z.string()),
});

/** What one GpuPartitionConfig hands to the allocations on it. */
export const gpusSchema = z.looseObject({
  hostId: z.string(),
  layout: z.record(z.string(), z.string()),
  partitions: z.array(partitionSchema),
  memoryDomains: z.array(memoryDomainSchema),
  deviceNodes: deviceNodesSchema.optional(),
});

export type DeviceNodes = Readonly<z.output<typeof deviceNodesSchema>>;

export const hostAccessSchema = z.strictObject({ ...hostAccessShape, identity: identitySchema });
/** How to reach the host of a GpuPartitionConfig, and whose it is. Holds secrets. */
export type HostAccessArgs = Readonly<z.output<typeof hostAccessSchema>>;

const engineSchema = z.enum(["vllm", "sglang"]);
export type EngineName = z.output<typeof engineSchema>;

export const allocationArgsSchema = z.strictObject({
  /** One entry per GpuPartitionConfig. */
  gpus: z.array(gpusSchema).min(1),
  /** In the order of `gpus`. Added by the resource class. */
  hosts: z.array(hostAccessSchema).min(1),
  model: modelSchema,
  ...servingFields,
  ...placementFields,
  /** Whose flags `engineArgs` are. @default "vllm" */
  engine: engineSchema.default("vllm"),
  identity: identitySchema,
});

export type AllocationArgs = Readonly<z.output<typeof allocationArgsSchema>>;
