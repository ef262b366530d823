import { z } from "zod";

import type { Bytes } from "../bytes.ts";
import { devicesOf, domainsOf, renderNodesOf } from "./device-runs.ts";
import { modelSchema } from "./model-spec.ts";
import { hostAccessShape, identitySchema } from "./partition.ts";
import { placementFields } from "./placement.ts";
import { servingFields } from "./serving.ts";

const wholeBytes = z
  .number()
  .int()
  .nonnegative()
  .transform((value) => value as Bytes);
/** Bounded, because it is multiplied out. */
const count = z.number().int().positive().max(1024).optional();

/** `ids`, or `id` in an older state; see `topology/device-runs.ts`. */
const alike = {
  id: z.string().optional(),
  ids: z.array(z.string()).optional(),
  count,
  capacity: wholeBytes,
};

/** Logical devices as a GpuPartitionConfig hands them on. */
const partitionsSchema = z
  .array(
    z.looseObject({
      ...alike,
      index: z.number(),
      computeUnits: z.number(),
      domain: z.string().optional(),
      domains: z.array(z.string()).optional(),
      perDomain: count,
    }),
  )
  .transform(devicesOf);

const memoryDomainsSchema = z.array(z.looseObject(alike)).transform(domainsOf);

/** Which device files lead to which logical device; known once the layout is in place. */
const deviceNodesSchema = z.looseObject({
  renderNodes: z.record(z.string(), z.string()).transform(renderNodesOf),
  groups: z.array(z.string()),
});

/** What one GpuPartitionConfig hands to the allocations on it. */
export const gpusSchema = z
  .custom<object>(
    (value) => typeof value === "object" && value !== null && "partitions" in value,
    "must be a GpuPartitionConfig, its output handle, or { handle, connection }",
  )
  .pipe(
    z.looseObject({
      hostId: z.string(),
      layout: z.record(z.string(), z.string()),
      partitions: partitionsSchema,
      memoryDomains: memoryDomainsSchema,
      deviceNodes: deviceNodesSchema.optional(),
    }),
  );

export type DeviceNodes = Readonly<z.output<typeof deviceNodesSchema>>;

export const hostAccessSchema = z.strictObject({ ...hostAccessShape, identity: identitySchema });
/** How to reach the host of a GpuPartitionConfig, and whose it is. Holds secrets. */
export type HostAccessArgs = Readonly<z.output<typeof hostAccessSchema>>;

/** The part of a GpuPartitionConfig's arguments that says which host it is and how to reach it. */
export const accessIn = ({
  connection,
  local,
  simulation,
  mode,
  timeouts,
  amdSmiPath,
  identity,
}: HostAccessArgs): HostAccessArgs => ({
  connection,
  local,
  simulation,
  mode,
  timeouts,
  amdSmiPath,
  identity,
});

export const allocationArgsSchema = z.strictObject({
  /** GPUs of one or several hosts that may hold the model; those of another stack as `{ handle, connection }`. */
  gpus: z.array(gpusSchema).min(1),
  /** In the order of `gpus`. Added by the resource class. */
  hosts: z.array(hostAccessSchema).min(1),
  /** Id of the catalog or of the Hugging Face Hub, a directory or GGUF file on the machine that runs Pulumi, or the shape of a model. */
  model: modelSchema,
  ...servingFields,
  ...placementFields,
  identity: identitySchema,
});

export type AllocationArgs = Readonly<z.output<typeof allocationArgsSchema>>;
