import { AMD_SMI } from "../amd-smi/commands.ts";
import type { Bytes } from "../bytes.ts";
import type { HostRecord } from "../host-record/record.ts";
import type { Bdf } from "../topology/layout.ts";
import type { ComputeMode, MemoryMode, ModePair } from "../topology/modes.ts";
import type { DriverModule } from "./assemble/driver-module.ts";
import type { DrmLimit } from "./assemble/drm-limit.ts";
import type { MissingGpu } from "./assemble/missing-gpus.ts";
import type { AllocationMode } from "./parse/allocation-mode.ts";
import type { BootUnit } from "./parse/boot-units.ts";
import type { SharedMemory } from "./parse/host-memory.ts";
import type { ProcessGroup } from "./parse/process-group.ts";

/** One physical AMD GPU as found on a host. */
export interface ObservedGpu {
  readonly gpu: Bdf;
  /** Further names of it, lower case: amd-smi's UUID, and HIP's ("gpu-a1b2c3d4e5f60000"). None where amd-smi tells none. */
  readonly uuids: readonly string[];
  /** Place of the module on its board, as amd-smi tells it; undefined where it does not. */
  readonly oam: number | undefined;
  /** "MI300X", or AMD's market name where the table does not know the GPU. */
  readonly accelerator: string;
  /**
   * XGMI hive it belongs to: its GPUs have one memory mode. "none": it is linked to no other, as a PCIe card, and has a memory mode of its
   * own (Linux keeps the requested mode per hive). @default the host does not say: all GPUs count as one hive
   */
  readonly hive?: string;
  /** Its silicon has partition modes, whether its driver offers them or not. @default not known */
  readonly partitionable?: true;
  /** undefined: this GPU has no partition modes (before MI300), or nothing tells which. */
  readonly modes: ModePair | undefined;
  /** Its driver offers no other modes than these: a guest's, or one without the switch. @default it does */
  readonly fixed?: true;
  /** Pairs it can be set to: the host's own list where it says one, else the table's. None where its modes are fixed. */
  readonly permitted: readonly ModePair[];
  readonly validated: readonly ModePair[];
  readonly devicesByMode: Readonly<Partial<Record<ComputeMode, number>>>;
  readonly xcds: number;
  readonly computeUnits: number;
  /** undefined where the driver has no such mode, which is as in CAPPING. */
  readonly allocation: AllocationMode | undefined;
  /** Allocatable HBM of the whole GPU. */
  readonly memory: Bytes;
  /** Of an APU. @default its memory is its own */
  readonly shared?: SharedMemory;
}

/** One logical device as KFD shows it. */
export interface ObservedDevice {
  /** PCI address with the partition as function digit. */
  readonly id: string;
  readonly gpu: Bdf;
  readonly partition: number;
  /** KFD's number of the node: the order of ROCR_VISIBLE_DEVICES. */
  readonly node: number;
  readonly capacity: Bytes;
  readonly computeUnits: number;
  /** "/dev/dri/renderD128"; undefined when the kernel made none (64 DRM nodes is the limit). */
  readonly renderNode: string | undefined;
}

/** A process that has /dev/kfd or the device file of an AMD GPU open. */
export interface GpuProcess {
  readonly pid: number;
  readonly name: string;
  /**
   * GPUs it has access to: those whose device files are open, and every GPU that KFD lists for it, which is every GPU that its
   * device cgroup allows. Empty when nothing says which, which means: perhaps all.
   */
  readonly gpus: readonly Bdf[];
  /** It has /dev/kfd open: a driver with compute switch "idle-host" changes no compute mode meanwhile. @default it has not */
  readonly kfd?: true;
  /** Memory it has on each logical device, by id, as KFD counts it for each partition; none where it has nothing. */
  readonly vram?: Readonly<Record<string, Bytes>>;
  /** Name of its user, or its number where the host knows no name; undefined when it ended during the observation. */
  readonly user?: string;
  /** Container, pod, job or systemd unit it belongs to. */
  readonly group?: ProcessGroup;
  /** Device files it has open, e.g. "/dev/dri/renderD128"; none where only KFD knows of it. */
  readonly files?: readonly string[];
}

/**
 * Everything that one observation of a host found, in the words of this package. A plain JSON value: the program that declares resources may
 * observe in advance and hand it to the provider's process.
 */
export interface HostObservation {
  /** Same for every name of the same host, different for every host; made from its machine id, which stays secret. */
  readonly hostId: string;
  readonly bootId: string;
  /** How commands get the right to change modes: none means they cannot. */
  readonly right: "root" | "sudo" | "none";
  readonly amdSmi: AmdSmiState;
  readonly versions: Versions;
  readonly guest: boolean;
  /** In the driver's order: by PCI address. */
  readonly gpus: readonly ObservedGpu[];
  /** AMD accelerators on the PCI bus that the amdgpu driver does not show, in PCI order, and why. */
  readonly missingGpus: readonly MissingGpu[];
  /** Somebody else who sets the modes of this host: a Device Config Manager, by its pod. @default nobody */
  readonly owner?: { readonly pod: string };
  readonly devices: readonly ObservedDevice[];
  readonly gpuProcesses: readonly GpuProcess[];
  /** "kfd": only what KFD lists could be seen, not who else has a device file open, which takes root. */
  readonly processesSeen: "all" | "kfd";
  readonly driverModule: DriverModule;
  readonly drm: DrmLimit;
  /** Numeric ids of the groups that own the device nodes, for containers. */
  readonly groups: { readonly render: number | undefined; readonly video: number | undefined };
  /** Units of this package that the next boot runs. @default none */
  readonly bootUnits?: readonly BootUnit[];
  /** Reservations, the journal, and the modes from before the first change. */
  readonly record: HostRecord;
  /** Where the sources contradict each other or say what cannot be: one sentence each. */
  readonly problems: readonly string[];
}

export type AmdSmiState =
  /** `path` is what runs, to observe and to change. `others`: installations beside it. */
  | { readonly state: "working"; readonly path: string; readonly others: readonly string[] }
  /** `path`: where the user says that it is. */
  | { readonly state: "absent"; readonly path?: string }
  /** Root must not run it: `part` of its path is not root's alone to write. */
  | { readonly state: "untrusted"; readonly path: string; readonly part: string }
  | { readonly state: "failing"; readonly path: string; readonly reason: string };

/** undefined where the host does not say. */
export interface Versions {
  readonly amdSmi: string | undefined;
  readonly rocm: string | undefined;
  readonly driver: string | undefined;
  readonly kernel: string | undefined;
}

/** Names the GPUs that have one memory mode together. */
export const memoryGroupOf = ({ gpu, hive }: Pick<ObservedGpu, "gpu" | "hive">): string =>
  hive === undefined ? "host" : hive === "none" ? gpu : hive;

/** The memory mode of the first GPU that has one, which is that of its hive; undefined when none has. */
export const memoryModeOf = (observation: HostObservation): MemoryMode | undefined =>
  observation.gpus.find((gpu) => gpu.modes)?.modes?.memory;

/** GPUs that have partition modes at all. */
export const partitionableGpus = (observation: HostObservation): readonly ObservedGpu[] =>
  observation.gpus.filter((gpu) => gpu.modes !== undefined);

/** What to run as amd-smi: the one that was found. */
export const amdSmiPathOf = ({ amdSmi }: HostObservation): string =>
  amdSmi.state === "absent" ? AMD_SMI : amdSmi.path;
