import { type Bytes, formatBytes } from "../../bytes.ts";
import type { ComputeSwitch } from "../../detection/assemble/compute-switch.ts";
import {
  type HostObservation,
  memoryGroupOf,
  type ObservedGpu,
  partitionableGpus,
} from "../../detection/observation.ts";
import type { Bdf, Layout } from "../../topology/layout.ts";
import {
  type ComputeMode,
  formatModes,
  type MemoryMode,
  type ModePair,
  sameModes,
} from "../../topology/modes.ts";
import type { DesiredModes } from "./desired.ts";
import { AFTER_RELOAD, finalModes } from "./final-modes.ts";
import { observedModes } from "./host-modes.ts";
import { layoutOf } from "./layout-of.ts";
import type { Step, StepOf } from "./step.ts";

/** What happens to one GPU. */
export interface GpuChange {
  readonly gpu: Bdf;
  readonly accelerator: string;
  /** "SPX/NPS1" */
  readonly observed: string;
  /** "CPX/NPS4" */
  readonly desired: string;
  readonly devicesBefore: number;
  readonly devicesAfter: number;
  /** Of each device, after. */
  readonly capacity: Bytes;
  /** The whole line: "SPX/NPS1 -> CPX/NPS4, 1 -> 8 devices of 24.0 GiB". */
  readonly summary: string;
}

export interface BlastRadius {
  readonly driverReload: boolean;
  /** GPUs whose users lose their devices. A memory change reloads the driver of all GPUs, declared or not. */
  readonly gpus: readonly Bdf[];
  readonly summary: string;
}

/** Ordered steps from the observed modes to the desired ones. A pure function's answer: no times, no processes. */
export interface Plan {
  readonly reason: string;
  readonly gpus: readonly GpuChange[];
  readonly steps: readonly Step[];
  readonly blastRadius: BlastRadius;
}

export interface PlanRequest {
  readonly observation: HostObservation;
  readonly desired: DesiredModes;
  readonly reason: PlanReason;
}

export type PlanReason = "not yet created" | "desired layout changed" | "drift" | "restore";

export function plan({ observation, desired, reason }: PlanRequest): Plan {
  const gpus = partitionableGpus(observation);
  const target = finalModes(observation, desired);
  const all = gpus.map((gpu) => gpu.gpu);
  const memory = memorySteps(gpus, target);
  const reload = memory.length > 0;
  const steps: readonly Step[] = [...memory, ...computeSteps(observation, target, reload)];
  const before = layoutOf(observation, observedModes(observation));
  const after = layoutOf(observation, target);
  const changes = gpus.flatMap((gpu) => {
    const desiredPair = target.get(gpu.gpu);
    if (!gpu.modes || !desiredPair || sameModes(gpu.modes, desiredPair)) return [];
    return [changeOf(gpu, gpu.modes, desiredPair, before, after)];
  });
  const touched = reload ? all : steps.flatMap((step) => step.gpus);
  return {
    reason: reasonOf(reason, changes, memory[0]?.action === "setMemoryMode" ? memory[0] : undefined, gpus),
    gpus: changes,
    steps,
    blastRadius: blastRadius(touched, {
      reload,
      total: gpus.length,
      declared: desired.size,
      computeSwitch: observation.driverModule.computeSwitch,
    }),
  };
}

/**
 * A request for each memory mode that a hive of GPUs has to take, and one load of the driver that applies them. GPUs of one hive have one
 * memory mode, a GPU without a hive has its own.
 */
function memorySteps(gpus: readonly ObservedGpu[], target: ReadonlyMap<Bdf, ModePair>): readonly Step[] {
  const groups = [...new Set(gpus.map(memoryGroupOf))].map((group) =>
    gpus.filter((gpu) => memoryGroupOf(gpu) === group),
  );
  const requests = new Map<MemoryMode, (typeof groups)[number][]>();
  for (const group of groups) {
    const memory = group.flatMap(({ gpu }) => target.get(gpu)?.memory ?? [])[0];
    if (memory === undefined || group.every((gpu) => gpu.modes?.memory === memory)) continue;
    requests.set(memory, [...(requests.get(memory) ?? []), group]);
  }
  const sets = [...requests].map(([memory, of]): StepOf<"setMemoryMode"> => ({
    action: "setMemoryMode",
    memory,
    gpus: of.flatMap((group) => group.map((gpu) => gpu.gpu)),
    ...(groups.length > 1 && { named: of.flatMap((group) => group[0]?.gpu ?? []) }),
  }));
  const [only, ...more] = sets;
  if (!only) return [];
  const all = gpus.map((gpu) => gpu.gpu);
  const load: StepOf<"reloadDriver"> = {
    action: "reloadDriver",
    ...(more.length === 0 && { memory: only.memory }),
    gpus: all,
    ...(more.length === 0 && only.gpus.length < all.length && { memoryOf: only.gpus }),
  };
  return [...sets, load];
}

/**
 * One step per distinct compute mode, for the GPUs that need it. After a reload what was there is gone: where the driver's
 * own choice is not certain the step stays planned, and proves needless when it is reached.
 */
function computeSteps(
  observation: HostObservation,
  target: ReadonlyMap<Bdf, ModePair>,
  reload: boolean,
): readonly Step[] {
  const byMode = new Map<ComputeMode, Bdf[]>();
  for (const { gpu, modes } of partitionableGpus(observation)) {
    const { compute: wanted, memory } = target.get(gpu) ?? {};
    const choices = reload && memory !== undefined ? AFTER_RELOAD[memory] : [modes?.compute];
    if (wanted === undefined || (choices.length === 1 && choices[0] === wanted)) continue;
    byMode.set(wanted, [...(byMode.get(wanted) ?? []), gpu]);
  }
  return [...byMode].map(([compute, gpus]) => ({ action: "setComputeMode", compute, gpus }));
}

function changeOf(
  gpu: { readonly gpu: Bdf; readonly accelerator: string },
  from: ModePair,
  to: ModePair,
  before: Layout,
  after: Layout,
): GpuChange {
  const count = (layout: Layout): number => layout.devices.filter((device) => device.gpu === gpu.gpu).length;
  const capacity = after.devices.find((device) => device.gpu === gpu.gpu)?.capacity ?? (0 as Bytes);
  const devices = { before: count(before), after: count(after) };
  return {
    gpu: gpu.gpu,
    accelerator: gpu.accelerator,
    observed: formatModes(from),
    desired: formatModes(to),
    devicesBefore: devices.before,
    devicesAfter: devices.after,
    capacity,
    summary: `${formatModes(from)} -> ${formatModes(to)}, ${devices.before} -> ${devices.after} devices of ${formatBytes(capacity)}`,
  };
}

function reasonOf(
  reason: PlanReason,
  changes: readonly GpuChange[],
  set: StepOf<"setMemoryMode"> | undefined,
  gpus: readonly ObservedGpu[],
): string {
  if (changes.length === 0) return "the host is already in the desired layout";
  const memoryNow = gpus.find((gpu) => set?.gpus.includes(gpu.gpu))?.modes?.memory;
  const what = set ? `memory mode ${memoryNow} differs from ${set.memory}` : "compute modes differ";
  return `${reason}: ${what} on ${changes.length} ${changes.length === 1 ? "GPU" : "GPUs"}`;
}

interface Blast {
  readonly reload: boolean;
  /** GPUs of the host. */
  readonly total: number;
  readonly declared: number;
  readonly computeSwitch: ComputeSwitch;
}

function blastRadius(touched: readonly Bdf[], of: Blast): BlastRadius {
  const gpus = [...new Set(touched)].toSorted();
  if (gpus.length === 0) return { driverReload: false, gpus, summary: "no GPU is affected" };
  const { reload, total, declared } = of;
  const asked = declared < total ? ` (${declared} of them declared here)` : "";
  return {
    driverReload: reload,
    gpus,
    summary: reload
      ? `a memory mode applies to the whole host: the driver reloads, which ends every process on its ${total} GPUs${asked}`
      : `the change ends every process on ${gpus.length} of ${total} GPUs${gpus.length < total ? `; ${OTHERS[of.computeSwitch]}` : ""}`,
  };
}

/** What becomes of processes on GPUs that keep their compute mode. */
const OTHERS: Readonly<Record<ComputeSwitch, string>> = {
  "idle-gpu": "a process on another GPU continues if its device cgroup excludes these GPUs",
  "idle-host": "this driver also needs every other process with /dev/kfd open to end first",
  unsaid: "this driver may also need every other process with /dev/kfd open to end first",
};
