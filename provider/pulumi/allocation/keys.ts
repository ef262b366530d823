/** What `check` computes: the outputs of a ModelAllocation. Apart from the work, which a program need not load. */
export const ALLOCATION_KEYS = [
  "hostId",
  "partitionConfig",
  "partitionIds",
  "devices",
  "env",
  "container",
  "engineArgs",
  "memory",
  "modelSource",
  "explanation",
] as const;
