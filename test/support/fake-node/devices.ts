import type { Accelerator, MemoryMode, Profile } from "./accelerators.ts";
import { ACCELERATORS } from "./accelerators.ts";
import type { GpuState, NodeState } from "./state.ts";
import { RELEASES } from "./versions.ts";

/** What one partition is to software, under all of its names. */
export interface Device {
  /** amd-smi's id; position in the driver's order. */
  readonly index: number;
  /** Index of the physical GPU. */
  readonly gpu: number;
  readonly partition: number;
  /** Function = partition. */
  readonly bdf: string;
  readonly nodeId: number;
  readonly kfdId: number;
  readonly card: number;
  readonly renderMinor: number;
  /** Serial as the driver gives it for this partition; of the whole GPU on older drivers. */
  readonly serial: string;
  readonly computeUnits: number;
  readonly xcds: number;
  readonly memoryBytes: number;
}

/** CPU nodes of KFD, one per socket, come first. */
export const CPU_NODES = 2;
const FIRST_RENDER_MINOR = 128;
/** amdgpu keeps this many minors per GPU it can partition, in every mode. */
const SLOTS = 8;
const MEBIBYTE = 2 ** 20;

/** @param gpu index of the physical GPU */
export const acceleratorOf = (state: NodeState, gpu: number): Accelerator =>
  ACCELERATORS[state.gpus[gpu]?.accelerator ?? state.accelerator];

/** Profiles the driver offers of this GPU; a guest is offered none. */
export const profilesOf = (state: NodeState, gpu: number): readonly Profile[] =>
  state.platform === "guest" ? [] : acceleratorOf(state, gpu).profiles;

export const profileOf = (state: NodeState, gpu: number): Profile | undefined =>
  profilesOf(state, gpu).find((profile) => profile.mode === state.gpus[gpu]?.compute);

/** A GPU with one memory mode keeps it, whatever the other GPUs of its host have. */
export const memoryOf = (state: NodeState, gpu: number): MemoryMode => {
  const [only, more] = acceleratorOf(state, gpu).memoryModes;
  return only === undefined || more !== undefined ? state.memory : only;
};

/** Physical GPUs that the driver shows now. */
export const visibleGpus = (state: NodeState): readonly GpuState[] =>
  state.driver === "loaded" ? state.gpus.slice(0, state.gpus.length - state.pendingGpus) : [];

export interface Slot {
  readonly gpu: number;
  readonly slot: number;
  readonly card: number;
  readonly renderMinor: number;
}

/** DRM nodes: they exist from the driver's load on, whether a partition uses them or not. */
export function drmSlots(state: NodeState): readonly Slot[] {
  const displays = state.display === "none" ? 0 : 1;
  const free = (state.drmNodeLimit ?? Infinity) - displays;
  return visibleGpus(state)
    .flatMap((_, gpu) =>
      Array.from({ length: profilesOf(state, gpu).length > 0 ? SLOTS : 1 }, (_, slot) => ({ gpu, slot })),
    )
    .map((slot, position) => ({
      ...slot,
      card: displays + position,
      renderMinor: FIRST_RENDER_MINOR + position,
    }))
    .filter((_, position) => position < free);
}

/** The logical devices, in the driver's order. A partition without a DRM node does not exist for KFD either. */
export function devicesOf(state: NodeState): readonly Device[] {
  const release = RELEASES[state.rocm];
  const slots = new Map(drmSlots(state).map((slot) => [`${slot.gpu}.${slot.slot}`, slot]));
  const devices: Device[] = [];
  const kfdIds = new Set<number>();
  for (const [gpu, physical] of visibleGpus(state).entries()) {
    const accelerator = acceleratorOf(state, gpu);
    const count = profileOf(state, gpu)?.devices ?? 1;
    for (let partition = 0; partition < count; partition++) {
      const slot = slots.get(`${gpu}.${partition}`);
      if (slot === undefined) continue;
      const kfdId = freeId(kfdIds, physical.serial, partition);
      kfdIds.add(kfdId);
      devices.push({
        index: devices.length,
        gpu,
        partition,
        bdf: physical.bdf.replace(/\.0$/, `.${partition}`),
        nodeId: CPU_NODES + devices.length,
        kfdId,
        card: slot.card,
        renderMinor: slot.renderMinor,
        serial: release.uuid === "shared" ? physical.serial : partitionSerial(physical.serial, partition),
        computeUnits: Math.floor(accelerator.computeUnits / count),
        xcds: accelerator.xcds / count,
        memoryBytes: Math.floor(memoryOfGpu(state, accelerator) / count),
      });
    }
  }
  return devices;
}

/** What the driver tells KFD: of an APU no more than the limit of TTM, over the NUMA nodes. */
function memoryOfGpu({ hostMemory }: NodeState, accelerator: Accelerator): number {
  const whole = accelerator.memoryMebibytes * MEBIBYTE;
  if (accelerator.memoryOf !== "host" || hostMemory?.kfd !== "limited") return whole;
  return Math.min(whole, Math.floor((hostMemory.pagesLimit * 4096) / hostMemory.nodes.length));
}

export const totalMemoryBytes = (state: NodeState, gpu: number): number =>
  acceleratorOf(state, gpu).memoryMebibytes * MEBIBYTE;

/** From ROCm 7.0 on each partition has a serial of its own: the GPU's, counted up in its sixth byte. */
const partitionSerial = (serial: string, partition: number): string =>
  (BigInt(`0x${serial}`) + (BigInt(partition) << 16n)).toString(16).padStart(16, "0");

/** KFD hashes what it knows of a node into 16 bits and counts up while the result is taken. */
function freeId(taken: ReadonlySet<number>, serial: string, partition: number): number {
  let id = 0x81_1c;
  for (const character of `${serial}/${partition}`)
    id = (id * 403 + (character.codePointAt(0) ?? 0)) % 65_521;
  while (id === 0 || taken.has(id)) id = (id + 1) % 65_536;
  return id;
}
