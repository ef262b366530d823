import type { ComputeSwitch } from "../../detection/assemble/compute-switch.ts";
import type { GpuProcess } from "../../detection/observation.ts";
import { describeGroup } from "../../detection/parse/process-group.ts";
import { defineMessages } from "../../message.ts";
import type { Bdf } from "../../topology/layout.ts";
import type { ComputeMode } from "../../topology/modes.ts";

/** More are counted, not listed: the sentence stands on one line of a terminal. */
const NAMED = 5;
const NAMED_FILES = 3;
const NAMED_GPUS = 3;

interface Processes {
  readonly processes: readonly GpuProcess[];
  /** Why some of them are in the way although they have no access to a GPU that changes. undefined: all of them have. */
  readonly because?: ComputeSwitch;
}

/** What stands in the way of a change, and what it would do to the host's users: each with what to do. */
export const refuseMessages = defineMessages({
  "gpus-in-use": ({ processes, because }: Processes) =>
    `${inUseBy(processes)}${whyAll(because)}; stop ${itOrThem(processes)} first`,
  "gpus-in-use-stopped": ({ processes }: Processes) =>
    `${inUseBy(processes)}; the update stops ${unitsOf(processes)} itself`,
  "gpus-in-use-waits": ({
    processes,
    because,
    waitMs,
    services,
  }: Processes & { readonly waitMs: number; readonly services: readonly string[] }) =>
    `${inUseBy(processes)}${whyAll(because)}; the update waits up to ${waitMs / 1000} s for ${itOrThem(processes)} to end${alsoStops(services)}`,
  "gpus-in-use-refuses": ({
    processes,
    because,
    services,
  }: Processes & { readonly services: readonly string[] }) =>
    `${inUseBy(processes)}${whyAll(because)}; stop ${itOrThem(processes)} first, or the update is refused${alsoStops(services)}`,
  "open-files-unread": () =>
    "listing open GPU device files requires root; processes that KFD does not list may also use the GPUs",

  "compute-switch-unknown": ({
    driver,
    kernel,
  }: {
    /** Of the package; undefined: the driver is the kernel's own. */
    readonly driver: string | undefined;
    readonly kernel: string | undefined;
  }) =>
    `${driver === undefined ? `the amdgpu driver of Linux ${kernel ?? "(unknown release)"}` : `amdgpu ${driver}`} does not report whether it changes a compute mode while processes use other GPUs; the update waits or is refused until every process with /dev/kfd open has ended`,

  "console-goes-dark": ({ console }: { readonly console: string }) =>
    `the machine's console (${console}) is driven by amdgpu and goes blank while the driver reloads`,
  "staged-mode-replaced": () =>
    "a memory mode was requested earlier and is not loaded yet; this change replaces it",
  "staged-mode-waits": () =>
    "a memory mode was requested and is not loaded yet; the next load or reload of the driver applies it",
  "staged-by-others": () =>
    "another memory mode was requested outside Pulumi; the next load of the driver applies it and resets all compute modes. Reload the driver (`sudo modprobe -r amdgpu && sudo modprobe amdgpu`) or reboot, then preview again",
  "too-few-drm-devices": ({
    gpu,
    desired,
    needed,
    present,
    all,
    others,
  }: {
    readonly gpu: Bdf;
    readonly desired: string;
    readonly needed: number;
    readonly present: number;
    /** Of all GPUs. */
    readonly all: number;
    /** Other drivers that have DRM devices. */
    readonly others: readonly string[];
  }) => {
    const taken =
      others.length === 0
        ? ""
        : `, and ${others.join(", ")} ${others.length === 1 ? "uses" : "use"} the others`;
    return `${gpu} needs ${needed} DRM devices in ${desired} and has ${present}: this kernel provides 64, of which the GPUs use ${all}${taken}; declare a mode with fewer devices for this GPU, ${others.length === 0 ? "" : `keep the other ${others.length === 1 ? "driver" : "drivers"} from loading, `}or use Linux 6.12 or later`;
  },
  "mode-unknown-to-amd-smi": ({
    mode,
    gpus,
    first,
    accelerator,
  }: {
    readonly mode: ComputeMode;
    readonly gpus: readonly Bdf[];
    readonly first: Bdf;
    readonly accelerator: string;
  }) =>
    `this release of amd-smi sets only compute modes that the first GPU of the host supports; ${first} (${accelerator}) does not support ${mode}, which is declared for ${gpus.join(", ")}. Declare another mode, or set amdSmiPath to an amd-smi older than ROCm 10.2`,
  "driver-built-in": () =>
    `${RELOADS}which is built into this kernel; keep the memory mode, or use a kernel with amdgpu as a module`,
  "driver-used-by-modules": ({ modules }: { readonly modules: readonly string[] }) =>
    `${RELOADS}which the kernel ${modules.length === 1 ? "module" : "modules"} ${modules.join(", ")} ${modules.length === 1 ? "uses" : "use"}; unload ${modules.length === 1 ? "it" : "them"} first with \`sudo modprobe -r ${modules.join(" ")}\``,
  "modprobe-missing": () => `${RELOADS}but modprobe is missing; install kmod`,
  "driver-reload-forbidden": () =>
    `the change reloads the driver of all GPUs, which driverReload: "refuse" forbids; keep the memory mode or allow it`,

  "model-in-the-way": ({
    key,
    model,
    deviceIds,
  }: {
    readonly key: string;
    readonly model: string;
    readonly deviceIds: readonly string[];
  }) =>
    `${key} reserves ${deviceIds.join(", ")} for ${model}, and this change removes ${deviceIds.length === 1 ? "that device" : "those devices"}; remove that allocation first`,
  "gpu-of-another-owner": ({
    key,
    gpu,
    driverReload,
    formerStack,
  }: {
    readonly key: string;
    readonly gpu: Bdf;
    readonly driverReload: boolean;
    /** Stack of the owner, where it has the same project and name: perhaps this stack before it was renamed. */
    readonly formerStack?: string | undefined;
  }) =>
    `${gpu} is declared by ${key}; ${
      driverReload
        ? "a memory mode applies to the whole host: declare the same mode in both, or remove it there"
        : "a GPU has one owner: skip it here, or remove it there"
    }${formerStack === undefined ? "" : `. If this stack was renamed from ${formerStack}, run the update without --replace; a taint needs "pulumi state untaint" first; after an interrupted replacement, call releaseOwner`}`,
  "unfinished-change-of-another": ({ key }: { readonly key: string }) =>
    `a change by ${key} was interrupted on this host; run that stack first to complete it (if that stack is gone, set the modes by hand and call releaseOwner)`,
  "change-of-another-under-way": ({ key }: { readonly key: string }) =>
    `${key} is changing this host, or its change was interrupted; the update waits for the change, and is refused while it is unfinished`,
  "unfinished-change": ({
    key,
    step,
    number,
    steps,
    rebooted,
  }: {
    readonly key: string;
    /** "verification" after the last one. */
    readonly step: string;
    /** From 1 on. */
    readonly number: number;
    readonly steps: number;
    readonly rebooted: boolean;
  }) =>
    `a change by ${key} was interrupted at step ${number} of ${steps} ("${step}")${rebooted ? ", and the host was rebooted since" : ""}; the update resumes it`,
  "modes-unchangeable": ({ reason }: { readonly reason: string }) =>
    `the modes of the host must change, but cannot be changed: ${reason}`,
  "gpus-absent": ({ gpus }: { readonly gpus: readonly Bdf[] }) =>
    `${gpus.join(", ")} cannot be seen; check that the amdgpu driver is loaded`,
});

const RELOADS = "the change reloads the amdgpu driver, ";

const whyAll = (because: ComputeSwitch | undefined): string =>
  because === undefined || because === "idle-gpu"
    ? ""
    : because === "idle-host"
      ? "; this driver changes a compute mode only while no process on the host has /dev/kfd open"
      : "; this driver may change a compute mode only while no process on the host has /dev/kfd open";

const itOrThem = (processes: readonly GpuProcess[]): string => (processes.length === 1 ? "it" : "them");

const alsoStops = (services: readonly string[]): string =>
  services.length === 0 ? "" : ` (it stops ${services.join(", ")} itself)`;

const unitsOf = (processes: readonly GpuProcess[]): string =>
  [...new Set(processes.flatMap(({ group }) => (group?.kind === "unit" ? [group.name] : [])))].join(", ");

function inUseBy(processes: readonly GpuProcess[]): string {
  const named = processes.slice(0, NAMED).map(describeProcess);
  const more = processes.length - named.length;
  return `GPUs are in use by ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** "python3 (pid 4711 of ops in vllm.service on 0000:22:00.0: /dev/kfd, /dev/dri/renderD136)" */
function describeProcess({ name, pid, user, group, gpus, files = [] }: GpuProcess): string {
  const shown = [
    ...files.slice(0, NAMED_FILES),
    ...(files.length > NAMED_FILES ? [`${files.length - NAMED_FILES} more`] : []),
  ];
  const parts = [
    `pid ${pid}`,
    ...(user === undefined ? [] : [`of ${user}`]),
    ...(group === undefined ? [] : [describeGroup(group)]),
    ...(gpus.length === 0
      ? []
      : [gpus.length > NAMED_GPUS ? `on ${gpus.length} GPUs` : `on ${gpus.join(", ")}`]),
  ];
  return `${name} (${parts.join(" ")}${shown.length > 0 ? `: ${shown.join(", ")}` : ""})`;
}
