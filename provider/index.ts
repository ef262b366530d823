export { GpuPartitionConfig } from "./pulumi/gpu-partition-config.ts";
export { ModelAllocation } from "./pulumi/model-allocation.ts";
export type {
  ConnectionArgs,
  GpuPartitionConfigArgs,
  PartitionProfileArgs,
  SimulationArgs,
  SkippedGPUsArgs,
  TimeoutArgs,
} from "./pulumi/partition-args.ts";
export type { ModelAllocationArgs } from "./pulumi/allocation-args.ts";
export * as docker from "./render/docker.ts";
export type { ComputeMode, MemoryMode } from "./topology/modes.ts";
