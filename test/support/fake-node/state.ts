import type { AcceleratorName, ComputeMode, MemoryMode } from "./accelerators.ts";
import type { StatusName } from "./status.ts";
import type { RocmVersion } from "./versions.ts";

/** One physical GPU. */
export interface GpuState {
  /** Function 0: "0000:0c:00.0". */
  readonly bdf: string;
  /** 16 hexadecimal digits; partitions count up from it. */
  readonly serial: string;
  readonly compute: ComputeMode;
  readonly allocation: "CAPPING" | "ALL";
  /** Where the host has several kinds. @default the host's */
  readonly accelerator?: AcceleratorName;
}

/** A process that has the KFD open on one GPU. */
export interface GpuProcess {
  readonly pid: number;
  readonly name: string;
  /** Index of the physical GPU. */
  readonly gpu: number;
  /** "none": the pid is made up, and /proc knows nothing of it. @default "none" */
  readonly backing?: "real" | "none";
  /** systemd service it belongs to: stopping that ends it, starting brings it back. */
  readonly service?: string;
  /** Partition of its GPU on which it has its memory. @default 0 */
  readonly partition?: number;
  /** @default 16 GiB */
  readonly vramBytes?: number;
  /**
   * What its device cgroup lets it open: the GPU of `gpu`, as in a container that was given one, or every GPU, as with a
   * visibility variable or none. KFD lists it for all of them. @default "own-gpu"
   */
  readonly deviceCgroup?: "own-gpu" | "every-gpu";
  /** What it has open: the KFD, the render nodes or the card of its GPU, or the board's own display. @default KFD and render nodes */
  readonly opens?: readonly DeviceFile[];
  /** Whose it is. @default "root" */
  readonly user?: "root" | "ops";
  /** Its path in the one hierarchy of cgroup v2, where it is a real process. @default that of the tests */
  readonly cgroup?: string;
}

export type DeviceFile = "kfd" | "render" | "card" | "display";

const opensOf = (process: GpuProcess): readonly DeviceFile[] => process.opens ?? ["kfd", "render"];

export const opens = (process: GpuProcess, file: DeviceFile): boolean => opensOf(process).includes(file);

/** Whoever has one of its device files open holds the amdgpu module. */
export const holdsDriver = (process: GpuProcess): boolean =>
  opensOf(process).some((file) => file !== "display");

/** Whether the driver may let it use this GPU. */
export const hasAccess = (process: GpuProcess, gpu: number): boolean =>
  process.gpu === gpu || process.deviceCgroup === "every-gpu";

export const vramOf = (process: GpuProcess): number => process.vramBytes ?? 16 * 2 ** 30;

export interface Service {
  readonly name: string;
  readonly active: boolean;
  /** Whether a boot starts it. @default it was active */
  readonly enabled?: boolean;
  /** Physical GPU its process uses while it runs. */
  readonly gpu?: number;
}

/** Something that goes wrong. Used up after `times`. */
export interface Fault {
  readonly on:
    | "read"
    | "set-compute"
    | "set-memory"
    | "driver-remove"
    | "driver-load"
    | "service-stop"
    | "service-start";
  /** Physical GPU. @default any */
  readonly gpu?: number;
  /**
   * A status the library returns; "says-so-only" reports success and changes nothing; "hang" never returns.
   * On "driver-…" every status means that modprobe fails, on "service-…" that the unit's job does.
   */
  readonly does: StatusName | "says-so-only" | "hang";
  /** How often it happens. @default always */
  readonly times?: number;
  /** How often it goes well before. @default 0 */
  readonly after?: number;
}

/** How GPUs come back after a driver load. */
export interface SlowStart {
  /** GPUs that are there at once. @default 0 */
  readonly gpusMeanwhile?: number;
  /** The rest appears after this time … */
  readonly seconds?: number;
  /** … or after amd-smi was asked this often. */
  readonly reads?: number;
}

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Memory that the host and its APUs have in common. */
export interface HostMemory {
  /** Which TTM the driver uses, and its `pages_limit`. */
  readonly module: "ttm" | "amdttm";
  readonly pagesLimit: number;
  /** In bytes, of each NUMA node; a GPU is on the node of its number. `used` is without caches, and with what GPUs have. */
  readonly nodes: readonly { readonly total: number; readonly used: number }[];
  /** Whether the driver tells KFD of the limit, or of the whole memory as older ones do. */
  readonly kfd: "limited" | "whole";
}

/** Makes single answers disagree with the rest of the host. */
export interface Overrides {
  /** Path below /sys, through links or not → content; null = the file is missing. */
  readonly files: Readonly<Record<string, string | null>>;
  /** amd-smi arguments joined by spaces, for root and everybody else → what amd-smi answers. */
  readonly outputs: Readonly<Record<string, Output>>;
}

/** A GPU host: everything that amd-smi, sysfs, KFD, modprobe and systemctl agree on. One JSON file per host. */
export interface NodeState {
  readonly rocm: RocmVersion;
  readonly accelerator: AcceleratorName;
  readonly driver: "loaded" | "unloaded";
  readonly gpus: readonly GpuState[];
  /** Of all GPUs that have more than one: it belongs to their hive. */
  readonly memory: MemoryMode;
  /** Requested for the next driver load. */
  readonly staged: MemoryMode | null;
  /** Something unnamed uses every GPU. */
  readonly busy: boolean;
  readonly processes: readonly GpuProcess[];
  readonly services: readonly Service[];
  /** "guest" = a virtual machine that was given GPUs by SR-IOV. */
  readonly platform: "bare-metal" | "guest";
  /** Whether the unprivileged account is in the groups render and video. */
  readonly operatorGroups: "member" | "none";
  /** What takes card0. */
  readonly display: "ast" | "none";
  /** 64 on kernels before the DRM limit was lifted. */
  readonly drmNodeLimit: number | null;
  /** null: the host says nothing of it. */
  readonly hostMemory: HostMemory | null;
  /** Minors without a file in /dev/dri, although the kernel has them. */
  readonly missingRenderNodes: readonly number[];
  readonly slowStart: SlowStart | null;
  /** Physical GPUs that are still to come; 0 when all are there. */
  readonly pendingGpus: number;
  /** amd-smi calls until they come; null when time decides. */
  readonly pendingReads: number | null;
  /** Whether the kernel's log still has what amdgpu wrote. */
  readonly kernelLog: "kept" | "gone-round";
  readonly lineEnd: "\n" | "\r\n";
  readonly faults: readonly Fault[];
  readonly overrides: Overrides;
  /** How often the driver was loaded since the host came into being. */
  readonly loads: number;
  /** KFD's topology generation; counts changes. */
  readonly generation: number;
  readonly bootId: string;
  /** What uname says. */
  readonly kernel: string;
  /** Seconds an accepted `amd-smi set` and a driver load take. */
  readonly setSeconds: number;
  readonly loadSeconds: number;
}

/** What lsmod and refcnt count. */
export const driverUsers = (state: NodeState): number =>
  state.processes.filter(holdsDriver).length + (state.busy ? 1 : 0);
