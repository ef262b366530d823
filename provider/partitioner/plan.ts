import { type Bytes, formatBytes } from "../bytes.ts";
import { type HostObservation, memoryModeOf, partitionableGpus } from "../detection/observation.ts";
import { type Bdf, buildLayout, type GpuShape, type Layout, type LogicalDevice } from "../topology/layout.ts";
import {
  type ComputeMode,
  formatModes,
  type MemoryMode,
  type ModePair,
  sameModes,
} from "../topology/modes.ts";
import type { DesiredModes } from "./desired.ts";
import { modesBefore, observedModes } from "./host-modes.ts";

export { observedModes } from "./host-modes.ts";

/** One change of a host. Compute steps name exactly the GPUs that need it; memory belongs to the whole host. */
export type Step =
  | { readonly action: "setMemoryMode"; readonly memory: MemoryMode; readonly gpus: readonly Bdf[] }
  | {
      readonly action: "reloadDriver";
      readonly gpus: readonly Bdf[];
      /** What the load is to apply; where the host already is in it, nothing is loaded. undefined: load in any case. */
      readonly memory?: MemoryMode;
    }
  | { readonly action: "setComputeMode"; readonly compute: ComputeMode; readonly gpus: readonly Bdf[] };

export type StepOf<Action extends Step["action"]> = Extract<Step, { readonly action: Action }>;

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

/** What each GPU must have at the end, declared or not: a reload resets the undeclared ones, so they are set back. */
export function finalModes(observation: HostObservation, desired: DesiredModes): ReadonlyMap<Bdf, ModePair> {
  const memory = [...desired.values()][0]?.memory ?? memoryModeOf(observation) ?? "NPS1";
  const before = modesBefore(observation);
  const result = new Map<Bdf, ModePair>();
  for (const { gpu, permitted } of partitionableGpus(observation)) {
    const modes = before.get(gpu);
    if (!modes) continue;
    const kept = { compute: modes.compute, memory };
    // An undeclared GPU keeps its compute mode if the new memory mode allows it, else the driver's own choice stands.
    const fallback =
      permitted.find((one) => sameModes(one, kept)) ?? defaultAfterReload(memory, permitted) ?? kept;
    result.set(gpu, desired.get(gpu) ?? fallback);
  }
  return result;
}

/** Compute modes a driver may pick by itself at load: sources differ for NPS4, by kernel. */
const AFTER_RELOAD: Readonly<Record<MemoryMode, readonly ComputeMode[]>> = {
  NPS1: ["SPX"],
  NPS2: ["DPX"],
  NPS4: ["CPX", "QPX"],
  NPS8: ["CPX", "QPX"],
};

const defaultAfterReload = (memory: MemoryMode, permitted: readonly ModePair[]): ModePair | undefined =>
  AFTER_RELOAD[memory]
    .map((compute) => ({ compute, memory }))
    .find((pair) => permitted.some((one) => sameModes(one, pair)));

export function plan({ observation, desired, reason }: PlanRequest): Plan {
  const gpus = partitionableGpus(observation);
  const target = finalModes(observation, desired);
  const memoryNow = memoryModeOf(observation);
  const memory = [...target.values()][0]?.memory;
  const reload = memory !== undefined && gpus.some((gpu) => gpu.modes?.memory !== memory);
  const all = gpus.map((gpu) => gpu.gpu);
  const steps: Step[] = [];
  if (reload && memory !== undefined) {
    steps.push({ action: "setMemoryMode", memory, gpus: all }, { action: "reloadDriver", memory, gpus: all });
  }
  steps.push(...computeSteps(observation, target, reload ? memory : undefined));
  const before = layoutOf(observation, observedModes(observation));
  const after = layoutOf(observation, target);
  const changes = gpus.flatMap((gpu) => {
    const desiredPair = target.get(gpu.gpu);
    if (!gpu.modes || !desiredPair || sameModes(gpu.modes, desiredPair)) return [];
    return [changeOf(gpu, gpu.modes, desiredPair, before, after)];
  });
  const touched = reload ? all : steps.flatMap((step) => step.gpus);
  return {
    reason: reasonOf(reason, changes, memoryNow, memory),
    gpus: changes,
    steps,
    blastRadius: blastRadius(reload, touched, gpus.length, desired.size),
  };
}

/**
 * One step per distinct compute mode, for the GPUs that need it. After a reload what was there is gone: where the driver's
 * own choice is not certain the step stays planned, and proves needless when it is reached.
 */
function computeSteps(
  observation: HostObservation,
  target: ReadonlyMap<Bdf, ModePair>,
  reloadedTo: MemoryMode | undefined,
): readonly Step[] {
  const byMode = new Map<ComputeMode, Bdf[]>();
  for (const { gpu, modes } of partitionableGpus(observation)) {
    const wanted = target.get(gpu)?.compute;
    const choices = reloadedTo === undefined ? [modes?.compute] : AFTER_RELOAD[reloadedTo];
    if (wanted === undefined || (choices.length === 1 && choices[0] === wanted)) continue;
    byMode.set(wanted, [...(byMode.get(wanted) ?? []), gpu]);
  }
  return [...byMode].map(([compute, gpus]) => ({ action: "setComputeMode", compute, gpus }));
}

export const shapesOf = (observation: HostObservation): readonly GpuShape[] =>
  partitionableGpus(observation).map(({ gpu, memory, computeUnits, devicesByMode }) => ({
    gpu,
    memory,
    computeUnits,
    devicesByMode,
  }));

/** The layout these modes give on this host; what KFD measured counts for GPUs that already are in their mode. */
export function layoutOf(observation: HostObservation, modes: ReadonlyMap<Bdf, ModePair>): Layout {
  const settled = new Set(
    observation.gpus
      .filter(
        (gpu) => gpu.modes && modes.has(gpu.gpu) && sameModes(gpu.modes, modes.get(gpu.gpu) ?? gpu.modes),
      )
      .map((gpu) => gpu.gpu),
  );
  const measured = new Map(
    observation.devices
      .filter((device) => settled.has(device.gpu))
      .map((device) => [device.id, { capacity: device.capacity }]),
  );
  const layout = buildLayout(shapesOf(observation), modes, measured);
  const positions = layout.gpus.every((gpu) => settled.has(gpu.gpu))
    ? positionsIn(observation.devices)
    : positionsAfterLoad(layout.devices, observation);
  const devices = layout.devices.map((device) => ({
    ...device,
    index: positions.get(device.id) ?? device.index,
  }));
  return { ...layout, devices };
}

/**
 * Where each device stands among all that ROCR_VISIBLE_DEVICES counts, those of GPUs without modes included. Devices that exist
 * have KFD's own order: after a GPU has changed its mode in a running driver, its nodes come last.
 */
const positionsIn = (devices: readonly { readonly id: string }[]): ReadonlyMap<string, number> =>
  new Map(devices.map((device, position) => [device.id, position]));

/** Devices to come are counted as after a load of the driver, by PCI address. */
function positionsAfterLoad(
  devices: readonly LogicalDevice[],
  observation: HostObservation,
): ReadonlyMap<string, number> {
  const own = new Set(devices.map((device) => device.gpu));
  const others = observation.devices.filter((device) => !own.has(device.gpu));
  return positionsIn([...devices, ...others].toSorted((a, b) => (a.id < b.id ? -1 : 1)));
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
  memoryNow: MemoryMode | undefined,
  memory: MemoryMode | undefined,
): string {
  if (changes.length === 0) return "the host already is in the desired layout";
  const what =
    memoryNow === memory ? "compute modes differ" : `memory mode ${memoryNow} differs from ${memory}`;
  return `${reason}: ${what} on ${changes.length} ${changes.length === 1 ? "GPU" : "GPUs"}`;
}

function blastRadius(reload: boolean, touched: readonly Bdf[], total: number, declared: number): BlastRadius {
  const gpus = [...new Set(touched)].toSorted();
  if (gpus.length === 0) return { driverReload: false, gpus, summary: "nothing is touched" };
  const asked = declared < total ? `, ${declared} of them declared here,` : "";
  return {
    driverReload: reload,
    gpus,
    summary: reload
      ? `a memory mode belongs to the whole host: the driver reloads, and everything that runs on any of its ${total} GPUs${asked} ends`
      : `everything that runs on ${gpus.length} of ${total} GPUs ends${gpus.length < total ? "; the others go on" : ""}`,
  };
}

/** A step as one line, for people and for the journal. */
export function describeStep(step: Step): string {
  const gpus = `${step.gpus.length} ${step.gpus.length === 1 ? "GPU" : "GPUs"}`;
  switch (step.action) {
    case "setMemoryMode":
      return `set memory mode ${step.memory} (host-wide, staged until the driver reloads)`;
    case "reloadDriver":
      return `reload the amdgpu driver (${gpus})`;
    case "setComputeMode":
      return `set compute mode ${step.compute} on ${gpus} (${step.gpus.join(", ")})`;
  }
}
