export { GpuPartitionConfig } from "./resources/gpu-partition-config.ts";
export { ModelAllocation } from "./resources/model-allocation.ts";
export { ModelFleet } from "./resources/model-fleet.ts";
export type { FleetModelArgs, ModelFleetArgs } from "./resources/model-fleet.ts";
export type {
  ConnectionArgs,
  GpuPartitionConfigArgs,
  PartitionProfileArgs,
  SimulationArgs,
  SkippedGPUsArgs,
  TimeoutArgs,
} from "./resources/gpu-partition-config-args.ts";
export type { ModelAllocationArgs } from "./resources/model-allocation-args.ts";
export * as compose from "./render/compose.ts";
export * as docker from "./render/docker.ts";
export * as kubernetes from "./render/kubernetes.ts";
export * as systemd from "./render/systemd.ts";

export {
  createScheduler,
  listOwners,
  listReservations,
  openHost,
  planCapacity,
  releaseOwner,
  releaseReservation,
  resolveModel,
} from "./standalone/lazy.ts";
export type { ListedDevice, ListedReservation } from "./host-record/listed.ts";
export type { ResolveModelOptions } from "./standalone/lazy.ts";
export type { FoundModel, ModelOrigin, ModelShape, ModelStep } from "./models/shape.ts";
export type { MeasuredRun, TermComparison } from "./models/calibration.ts";
export type { VllmLog } from "./models/vllm-log.ts";
export type { Calibration } from "./schema/model.ts";
export type { HubAccess } from "./models/sources/hub.ts";
export { buildLayout } from "./topology/layout.ts";
export { ACCELERATORS } from "./topology/accelerators.ts";
export { calibrationOf, compareWithLog } from "./models/calibration.ts";
export { exportConfig } from "./standalone/export-config.ts";
export type { ExportedConfig, ExportedProfile } from "./standalone/export-config.ts";
export { readVllmLog } from "./models/vllm-log.ts";
export { formatBytes } from "./bytes.ts";
export type { Bytes } from "./bytes.ts";
export type { Capability, CapabilityLevel, PartitioningMode } from "./detection/capability.ts";
export type { HostObservation, ObservedDevice, ObservedGpu } from "./detection/observation.ts";
export type { ListedGpu, ListedOwner } from "./standalone/owners/listed.ts";
export type { DirectHost } from "./standalone/host.ts";
export type { DesiredPartitions, Problem } from "./partitioner/plan/desired.ts";
export type { Partitioner } from "./partitioner/partitioner.ts";
export type { Plan } from "./partitioner/plan/plan.ts";
export type { Step } from "./partitioner/plan/step.ts";
export type {
  AvailablePartition,
  PartitioningVerdict,
  PartitionUtilization,
} from "./partitioner/plan/queries.ts";
export type { ContainerDevices } from "./render/container.ts";
export type { CapacityHost, HostModes } from "./scheduler/capacity-layouts.ts";
export type { CapacityAnswer, CapacityModel, CapacityPlan } from "./scheduler/plan-capacity.ts";
export type { ModelScheduler, ScheduleModelResult } from "./scheduler/model-scheduler.ts";
export type { DirectHostArgs } from "./schema/direct.ts";
export type { Accelerator, AcceleratorName } from "./topology/accelerators.ts";
export type { GpuLayout, Layout, LogicalDevice, MemoryDomain } from "./topology/layout.ts";
export type { ComputeMode, MemoryMode, ModePair } from "./topology/modes.ts";
