import type { ComputeSwitch } from "../../detection/assemble/compute-switch.ts";
import type { Holder } from "../../detection/observation.ts";
import { describeGroup } from "../../detection/parse/process-group.ts";
import { defineMessages } from "../../message.ts";
import type { Bdf } from "../../topology/layout.ts";
import type { ComputeMode } from "../../topology/modes.ts";

/** More are counted, not listed: the sentence stands on one line of a terminal. */
const NAMED = 5;
const NAMED_FILES = 3;
const NAMED_GPUS = 3;

interface Processes {
  readonly processes: readonly Holder[];
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
    `${inUseBy(processes)}${whyAll(because)}; the update waits for ${itOrThem(processes)}, ${waitMs / 1000} s at most${alsoStops(services)}`,
  "gpus-in-use-refuses": ({
    processes,
    because,
    services,
  }: Processes & { readonly services: readonly string[] }) =>
    `${inUseBy(processes)}${whyAll(because)}; stop ${itOrThem(processes)} first, or the update refuses${alsoStops(services)}`,
  "open-files-unread": () =>
    "who has the GPUs' device files open could not be read, which takes root; more processes than KFD lists may use them",

  "compute-switch-unknown": ({
    driver,
    kernel,
  }: {
    /** Of the package; undefined: the driver is the kernel's own. */
    readonly driver: string | undefined;
    readonly kernel: string | undefined;
  }) =>
    `${driver === undefined ? `the amdgpu driver of Linux ${kernel ?? "(unknown release)"}` : `amdgpu ${driver}`} does not tell whether it changes a compute mode while processes use other GPUs; until all processes that have /dev/kfd open end, the update refuses or waits`,

  "console-goes-dark": ({ console }: { readonly console: string }) =>
    `the machine's console is shown by the amdgpu driver (${console}) and is dark while that reloads`,
  "staged-mode-replaced": () =>
    "a memory mode was requested before and not loaded yet; the one of this change replaces it",
  "staged-mode-waits": () =>
    "a memory mode was requested and not loaded yet: the next load of the driver, or a reload by anybody, applies it",
  "staged-by-others": () =>
    "somebody requested another memory mode, which the next load of the driver applies, resetting all compute modes; reload it (`sudo modprobe -r amdgpu && sudo modprobe amdgpu`) or reboot, then preview again",
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
        : `, and ${others.join(", ")} ${others.length === 1 ? "has" : "have"} the others`;
    return `${gpu} needs ${needed} DRM devices in ${desired} and has ${present}: this kernel makes 64, of which the GPUs have ${all}${taken}; declare a mode with fewer devices for it, keep the other driver from loading, or take Linux 6.12 or later`;
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
    `amd-smi of this release sets only compute modes that the first GPU of the host has, and ${first} (${accelerator}) has no ${mode}, which ${gpus.join(", ")} would get; declare another mode, or set amdSmiPath to an amd-smi before ROCm 10.2`,
  "driver-built-in": () =>
    `${RELOADS}which is built into this kernel; keep the memory mode, or take a kernel that has it as a module`,
  "driver-used-by-modules": ({ modules }: { readonly modules: readonly string[] }) =>
    `${RELOADS}which the kernel ${modules.length === 1 ? "module" : "modules"} ${modules.join(", ")} ${modules.length === 1 ? "uses" : "use"}; unload with \`sudo modprobe -r ${modules.join(" ")}\` first`,
  "modprobe-missing": () => `${RELOADS}and modprobe is missing; install kmod`,
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
  }) => `${key} has ${model} on ${deviceIds.join(", ")}, which would vanish; remove that allocation first`,
  "gpu-of-another-owner": ({
    key,
    gpu,
    driverReload,
    namesake,
  }: {
    readonly key: string;
    readonly gpu: Bdf;
    readonly driverReload: boolean;
    /** Stack of the owner, where it has the same project and name: perhaps this stack before it was renamed. */
    readonly namesake?: string | undefined;
  }) =>
    `${gpu} is declared by ${key}; ${
      driverReload
        ? "a memory mode is the whole host's, so declare the same in both, or remove it there"
        : "one GPU has one owner, so skip it here or remove it there"
    }${namesake === undefined ? "" : `. If this stack was renamed from ${namesake}, run the update without --replace; a taint needs "pulumi state untaint" first`}`,
  "unfinished-change-of-another": ({ key }: { readonly key: string }) =>
    `a change by ${key} stopped half-way on it; run that stack first, which finishes it (if that stack is gone, set the modes by hand and call releaseOwner)`,
  "change-of-another-under-way": ({ key }: { readonly key: string }) =>
    `${key} is changing this host, or its change stopped half-way; the update waits for it, and refuses while it is unfinished`,
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
    `a change by ${key} stopped at "${step}" (${number} of ${steps})${rebooted ? ", and the host was rebooted since" : ""}; this run finishes it`,
  "modes-unchangeable": ({ reason }: { readonly reason: string }) =>
    `its modes would have to change, and cannot: ${reason}`,
  "gpus-absent": ({ gpus }: { readonly gpus: readonly Bdf[] }) =>
    `${gpus.join(", ")} cannot be seen; is the amdgpu driver loaded?`,
});

const RELOADS = "the change reloads the amdgpu driver, ";

const whyAll = (because: ComputeSwitch | undefined): string =>
  because === undefined || because === "idle-gpu"
    ? ""
    : because === "idle-host"
      ? "; this driver changes a compute mode only while no process of the host has /dev/kfd open"
      : "; this driver may change a compute mode only while no process of the host has /dev/kfd open";

const itOrThem = (processes: readonly Holder[]): string => (processes.length === 1 ? "it" : "them");

const alsoStops = (services: readonly string[]): string =>
  services.length === 0 ? "" : ` (it stops ${services.join(", ")} itself)`;

const unitsOf = (processes: readonly Holder[]): string =>
  [...new Set(processes.flatMap(({ group }) => (group?.kind === "unit" ? [group.name] : [])))].join(", ");

function inUseBy(processes: readonly Holder[]): string {
  const named = processes.slice(0, NAMED).map(describeProcess);
  const more = processes.length - named.length;
  return `GPUs are in use by ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** "python3 (pid 4711 of ops in vllm.service on 0000:22:00.0: /dev/kfd, /dev/dri/renderD136)" */
function describeProcess({ name, pid, user, group, gpus, files = [] }: Holder): string {
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
