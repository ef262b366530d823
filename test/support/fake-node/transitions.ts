import type { ComputeMode, MemoryMode } from "./accelerators.ts";
import { uuidOf } from "./create-state.ts";
import { acceleratorOf, memoryOf, profilesOf } from "./devices.ts";
import { type Fault, hasAccess, holdsDriver, type NodeState, opens } from "./state.ts";
import type { StatusName } from "./status.ts";
import { RELEASES } from "./versions.ts";

/** What the library returns, and the host afterwards. */
export interface Transition {
  readonly status: StatusName | "AMDSMI_STATUS_SUCCESS" | "hang";
  readonly state: NodeState;
}

const SUCCESS = "AMDSMI_STATUS_SUCCESS";

/**
 * Whether the driver answers "busy" to a change of this GPU: since "allow compute partition mode switch with cgroup exclusions"
 * (amd-gfx, May 2025) only for a process that may use it, before for any process with the KFD open.
 */
export const isInUse = (state: NodeState, gpu: number): boolean =>
  state.busy ||
  state.processes.some(
    (process) =>
      opens(process, "kfd") &&
      (RELEASES[state.rocm].computeSwitch === "idle-host" || hasAccess(process, gpu)),
  );

/**
 * Compute mode of one physical GPU, at once. Checks in the library's order: what the device is, whether the memory mode
 * allows it, whether it is so already, and only then whether anything uses the GPU.
 */
export function setCompute(before: NodeState, gpu: number, partition: number, mode: ComputeMode): Transition {
  const physical = before.gpus[gpu];
  const profiles = profilesOf(before, gpu);
  if (physical === undefined || partition !== 0 || profiles.length === 0) {
    return { status: "AMDSMI_STATUS_NOT_SUPPORTED", state: before };
  }
  const { fault, state } = takeFault(before, "set-compute", gpu);
  if (fault) return { status: fault.does === "says-so-only" ? SUCCESS : fault.does, state };
  const profile = profiles.find((one) => one.mode === mode);
  if (!profile) return { status: "AMDSMI_STATUS_INVAL", state };
  if (!profile.memoryModes.includes(memoryOf(state, gpu)))
    return { status: "AMDSMI_STATUS_SETTING_UNAVAILABLE", state };
  if (physical.compute === mode) return { status: SUCCESS, state };
  if (isInUse(state, gpu)) return { status: "AMDSMI_STATUS_BUSY", state };
  const gpus = state.gpus.map((one, index) =>
    index === gpu ? { ...one, compute: mode, allocation: "CAPPING" as const } : one,
  );
  return { status: SUCCESS, state: { ...state, gpus, generation: state.generation + 1 } };
}

/**
 * Memory mode of the host, for the next driver load. The kernel skips a request for the mode it is in, and thereby
 * leaves an earlier request standing (`current_memory_partition_store`): a staged change cannot be taken back that way.
 */
export function stageMemory(before: NodeState, gpu: number, partition: number, mode: MemoryMode): Transition {
  const modes = before.platform === "guest" ? [] : acceleratorOf(before, gpu).memoryModes;
  if (partition !== 0 || modes.length <= 1) return { status: "AMDSMI_STATUS_NOT_SUPPORTED", state: before };
  const { fault, state } = takeFault(before, "set-memory", gpu);
  if (fault) return { status: fault.does === "says-so-only" ? SUCCESS : fault.does, state };
  if (!modes.includes(mode)) return { status: "AMDSMI_STATUS_INVAL", state };
  return { status: SUCCESS, state: mode === state.memory ? state : { ...state, staged: mode } };
}

export function setAllocation(
  state: NodeState,
  gpu: number,
  partition: number,
  to: "CAPPING" | "ALL",
): Transition {
  if (partition !== 0 || profilesOf(state, gpu).length === 0)
    return { status: "AMDSMI_STATUS_NOT_SUPPORTED", state };
  if (isInUse(state, gpu)) return { status: "AMDSMI_STATUS_BUSY", state };
  const gpus = state.gpus.map((one, index) => (index === gpu ? { ...one, allocation: to } : one));
  return { status: SUCCESS, state: { ...state, gpus } };
}

/** `modprobe -r amdgpu`: refused while anything uses a GPU. */
export function removeDriver(before: NodeState): Transition {
  if (before.driver === "unloaded") return { status: SUCCESS, state: before };
  const { fault, state } = takeFault(before, "driver-remove");
  if (fault) return { status: fault.does === "says-so-only" ? SUCCESS : fault.does, state };
  if (state.busy || state.processes.some(holdsDriver)) return { status: "AMDSMI_STATUS_BUSY", state };
  return { status: SUCCESS, state: { ...state, driver: "unloaded", pendingGpus: 0, pendingReads: null } };
}

/** `modprobe amdgpu`: applies the staged memory mode and picks the compute mode that goes with it. */
export function loadDriver(before: NodeState): Transition {
  if (before.driver === "loaded") return { status: SUCCESS, state: before };
  const { fault, state } = takeFault(before, "driver-load");
  if (fault && fault.does !== "says-so-only") return { status: fault.does, state };
  const memory = fault ? state.memory : (state.staged ?? state.memory);
  const loaded: NodeState = {
    ...state,
    driver: "loaded",
    memory,
    staged: null,
    gpus: state.gpus.map((gpu, number) => ({
      ...gpu,
      compute: defaultCompute({ ...state, memory }, number),
      allocation: "CAPPING",
    })),
    loads: state.loads + 1,
    generation: state.generation + 1,
  };
  const slow = state.slowStart;
  if (!slow) return { status: SUCCESS, state: loaded };
  const pendingGpus = Math.max(0, state.gpus.length - (slow.gpusMeanwhile ?? 0));
  const pendingReads = slow.reads ?? null;
  return {
    status: SUCCESS,
    state: { ...loaded, pendingGpus, pendingReads: pendingGpus > 0 ? pendingReads : null },
  };
}

/** Kernel: the driver starts in SPX, or in as many partitions as there are memory domains. */
function defaultCompute(state: NodeState, gpu: number): ComputeMode {
  const memory = memoryOf(state, gpu);
  const wanted = memory === "NPS1" ? "SPX" : memory === "NPS2" ? "DPX" : "CPX";
  return profilesOf(state, gpu).some((profile) => profile.mode === wanted) ? wanted : "SPX";
}

/** The GPUs that were still to come are there. */
export const settle = (state: NodeState): NodeState =>
  state.pendingGpus === 0
    ? state
    : { ...state, pendingGpus: 0, pendingReads: null, generation: state.generation + 1 };

/** One more look by amd-smi while GPUs are still to come. */
export const countRead = (state: NodeState): NodeState =>
  state.pendingReads === null
    ? state
    : state.pendingReads <= 1
      ? settle(state)
      : { ...state, pendingReads: state.pendingReads - 1 };

/**
 * Everything that is not written down anywhere is lost: both modes, what was staged, every process. Services that are enabled
 * are active again.
 */
export function reboot(state: NodeState): NodeState {
  const unloaded: NodeState = {
    ...state,
    driver: "unloaded",
    memory: "NPS1",
    staged: null,
    busy: false,
    processes: [],
    services: state.services.map((service) => ({ ...service, active: service.enabled ?? service.active })),
  };
  const loaded = loadDriver({ ...unloaded, faults: [] }).state;
  return { ...loaded, faults: state.faults, bootId: uuidOf(`boot after ${state.bootId}`) };
}

/** systemctl start and stop; a service that uses a GPU takes its process along. */
export function setService(
  state: NodeState,
  name: string,
  to: "active" | "inactive",
  pid: number,
): NodeState | undefined {
  const service = state.services.find((one) => one.name === name);
  if (!service) return undefined;
  if (service.active === (to === "active")) return state;
  const services = state.services.map((one) => (one === service ? { ...one, active: to === "active" } : one));
  const others = state.processes.filter((process) => process.service !== name);
  const own =
    to === "active" && service.gpu !== undefined ? [{ pid, name, gpu: service.gpu, service: name }] : [];
  return { ...state, services, processes: [...others, ...own] };
}

/** The fault that strikes here, if any, and the host with one use of it gone. */
export function takeFault(
  state: NodeState,
  on: Fault["on"],
  gpu?: number,
): { readonly fault: Fault | undefined; readonly state: NodeState } {
  const fault = state.faults.find((one) => one.on === on && (one.gpu === undefined || one.gpu === gpu));
  if (!fault) return { fault: undefined, state };
  const replace = (by: readonly Fault[]): NodeState => ({
    ...state,
    faults: state.faults.flatMap((one) => (one === fault ? by : [one])),
  });
  const after = fault.after ?? 0;
  if (after > 0) return { fault: undefined, state: replace([{ ...fault, after: after - 1 }]) };
  if (fault.times === undefined) return { fault, state };
  return { fault, state: replace(fault.times <= 1 ? [] : [{ ...fault, times: fault.times - 1 }]) };
}
