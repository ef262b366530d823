import type { PartitionFields, SettledFields } from "./fields.ts";

/** What `check` and `create` compute: the outputs of a GpuPartitionConfig. Apart from the work, which a program need not load. */
export const COMPUTED_KEYS = [
  "hostId",
  "capability",
  "accelerator",
  "versions",
  "observed",
  "plan",
  "layout",
  "partitions",
  "memoryDomains",
  "deviceNodes",
  "status",
  "atBoot",
] as const satisfies readonly (keyof PartitionFields | keyof SettledFields | "atBoot")[];
