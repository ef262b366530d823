// Resources
export { GpuPartitionConfig } from "./resources/gpu-partition-config.ts";
export { ModelAllocation } from "./resources/model-allocation.ts";
export { ModelFleet } from "./resources/model-fleet.ts";

// Their arguments
export type * from "./resources/gpu-partition-config-args.ts";
export type { GpuHandleArgs, Gpus } from "./resources/gpus.ts";
export type { ModelAllocationArgs } from "./resources/model-allocation-args.ts";
export type { FleetModelArgs, ModelFleetArgs } from "./resources/model-fleet.ts";
export type { EngineName } from "./schema/engine.ts";
export type { GpuArchitecture, Lora, LoraArgs, Speculative } from "./schema/serving.ts";
export type { ArchitectureName } from "./schema/architecture.ts";
export type { Calibration } from "./schema/serving.ts";
export type { Dtype, KvCacheDtype, Precision } from "./schema/precision.ts";
export type { ModelSpecArgs } from "./schema/model-spec.ts";
export type { ComputeMode, MemoryMode, ModePair } from "./topology/modes.ts";

// Their outputs, and what other resources are given of them
export * as compose from "./render/compose.ts";
export * as docker from "./render/docker.ts";
export * as kubernetes from "./render/kubernetes.ts";
export * as systemd from "./render/systemd.ts";
export { formatBytes } from "./bytes.ts";
export type { Bytes } from "./bytes.ts";
export type { Capability, CapabilityLevel, PartitioningMode } from "./detection/capability.ts";
export type { ModelOrigin, ModelStep } from "./models/shape/shape.ts";
export type { AtBoot } from "./partitioner/boot-unit/compare.ts";
export type { BlastRadius, GpuChange, Plan } from "./partitioner/plan/plan.ts";
export type { Step } from "./partitioner/plan/step.ts";
export type { ContainerDevices } from "./render/container.ts";
export type { EnvironmentVariable, PodParts } from "./render/kubernetes.ts";
export type { HostedDevice } from "./scheduler/occupancy/pool.ts";
export type { DeviceNodes } from "./schema/allocation.ts";
export type { DeviceRun, DomainRun } from "./schema/device-runs.ts";
export type { Identity } from "./schema/partition.ts";
export type { Bdf, GpuLayout, Layout, LogicalDevice, MemoryDomain } from "./topology/layout.ts";
export type { AllocationMemory } from "./wire/allocation-outputs.ts";
export type { FleetDevices, FleetMemberPlacement, FleetMove } from "./resources/fleet-outputs.ts";
export type { GpuHandle } from "./wire/gpu-handle.ts";
export type { NumberedPlan } from "./wire/compact.ts";
export type { PartitionStatus } from "./wire/partition-outputs.ts";

// Without Pulumi: hosts, their records, placement, memory estimates
export {
  createScheduler,
  diagnoseHost,
  estimateModel,
  listOwners,
  listReservations,
  openHost,
  planCapacity,
  releaseOwner,
  releaseReservation,
  resolveModel,
} from "./standalone/lazy.ts";
export type { ResolveModelOptions } from "./standalone/lazy.ts";
export { exportConfig } from "./standalone/export-config.ts";
export type { ExportedConfig, ExportedProfile } from "./standalone/export-config.ts";
export type { DirectHost } from "./standalone/host.ts";
export type { GpuReferenceText, LayoutDeclaration, ProfileDeclaration } from "./standalone/declaration.ts";
export type { ReconcileOptions } from "./standalone/reconcile.ts";
export type { HostPlan, PlanOptions } from "./standalone/plan.ts";
export { describeHost } from "./standalone/describe.ts";
export type * from "./standalone/describe.ts";
export type { EstimateOptions, ModelEstimate } from "./standalone/estimate.ts";
export type { CheckName, CheckState, Diagnosis, HostCheck } from "./standalone/diagnosis/checks.ts";
export type { ListedGpu, ListedOwner } from "./standalone/owners/listed.ts";
export type { ListedDevice, ListedReservation } from "./host-record/listed.ts";
/** How `openHost` reaches a host: values, where a resource takes inputs. */
export type { ConnectionArgs as DirectConnectionArgs } from "./schema/connection.ts";
export type { DirectHostArgs } from "./schema/direct.ts";
export type * from "./detection/observation.ts";
export type { AllocationMode } from "./detection/parse/allocation-mode.ts";
export type { SharedMemory } from "./detection/parse/host-memory.ts";
export type { BootUnit } from "./detection/parse/boot-units.ts";
export type { ComputeSwitch } from "./detection/assemble/compute-switch.ts";
export type { ProcessGroup } from "./detection/parse/process-group.ts";
export type { DriverModule } from "./detection/assemble/driver-module.ts";
export type { DrmLimit } from "./detection/assemble/drm-limit.ts";
export type { MissingCause, MissingGpu } from "./detection/assemble/missing-gpus.ts";
export type { HostRecord, Journal, Reservation as RecordedReservation } from "./host-record/record.ts";
export type { Reconciled } from "./partitioner/change/request.ts";
export type { HostQueries, Progress } from "./partitioner/partitioner.ts";
export type { DesiredGroup, DesiredPartitions, Problem } from "./partitioner/plan/desired.ts";
export type { GpuReference } from "./partitioner/plan/gpu-reference.ts";
export type {
  AvailablePartition,
  PartitioningVerdict,
  PartitionUtilization,
} from "./partitioner/plan/queries.ts";
export { ACCELERATORS } from "./topology/accelerators.ts";
export type { Accelerator, AcceleratorName } from "./topology/accelerators.ts";
export { buildLayout } from "./topology/layout.ts";
export type { GpuShape, MeasuredDevice } from "./topology/layout.ts";
export type { CapacityHost, HostModes } from "./scheduler/capacity-layouts.ts";
export type { CapacityAnswer, CapacityModel, CapacityPlan } from "./scheduler/plan-capacity.ts";
export type {
  ModelScheduler,
  ModelSchedulerOptions,
  ScheduleModelResult,
} from "./scheduler/model-scheduler.ts";
export type { ChangeableGpu, ChangeableHost } from "./scheduler/advice/layout-alternatives.ts";
export type { NearMiss } from "./scheduler/advice/near-misses.ts";
export type { Remedy } from "./scheduler/advice/remedy.ts";
export type { AntiAffinity, HostLayout, Reservation } from "./scheduler/occupancy/pool.ts";
export type { UnreservedUse } from "./scheduler/occupancy/unreserved-use.ts";
export type { DeviceUtilization } from "./scheduler/occupancy/utilization.ts";
export type { Violation } from "./scheduler/occupancy/violations.ts";
export type { Placement, Refusal, Refused } from "./scheduler/request.ts";
export type { Level, Proof } from "./scheduler/solver/proof.ts";
export type { ModelArgs } from "./schema/model-spec.ts";
export type { ScheduleOptions, ScheduleOptionsArgs } from "./schema/placement.ts";
export { calibrationOf, compareWithLog } from "./models/calibration/calibration.ts";
export type { MeasuredRun, TermComparison } from "./models/calibration/calibration.ts";
export { readVllmLog } from "./models/calibration/vllm-log.ts";
export type { VllmLog } from "./models/calibration/vllm-log.ts";
export type { Serving } from "./models/memory/serving.ts";
export type { MemoryEstimate } from "./models/memory/estimate.ts";
export type { MemoryRange, MemoryTerm, TermName } from "./models/memory/memory-term.ts";
export type { Part, PartDtypes } from "./models/shape/part-dtypes.ts";
export type { CheckpointBytes } from "./models/shape/contents.ts";
export type { ParameterCounts } from "./models/shape/contents.ts";
export type { Checkpoint, FoundModel, LinearAttention, ModelShape } from "./models/shape/shape.ts";
export type { HubAccess } from "./models/sources/hub.ts";
export type { VisionTower, VisionTowerName } from "./models/shape/vision-towers.ts";
export type { LayerKind } from "./schema/model-layers.ts";

// Errors: each has a `code`, and typed fields for what a program may decide by
export * from "./argument-errors.ts";
export * from "./change-errors.ts";
export * from "./errors.ts";
export * from "./host-errors.ts";
export { HubUnreachableError } from "./models/sources/hub-error.ts";
export { StepFailedError } from "./partitioner/partitioner.ts";
export type { StepFailureOptions } from "./partitioner/partitioner.ts";
export type { FailureClass } from "./amd-smi/outcome.ts";
export type { Bound } from "./bound.ts";
export type { Message } from "./message.ts";
