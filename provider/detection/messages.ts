import { AMD_SMI_PLACES } from "../amd-smi/find.ts";
import { defineMessages } from "../message.ts";
import type { Bdf } from "../topology/layout.ts";

/** More are counted, not listed. */
const NAMED = 8;

interface Gpus {
  readonly gpus: readonly Bdf[];
}

/** What a look found that somebody has to act on: each with what to do. */
export const detectionMessages = defineMessages({
  "driver-not-loaded": ({ gpus }: Gpus) =>
    `the amdgpu driver shows none of the host's ${gpus.length} AMD accelerators; load it with \`sudo modprobe amdgpu\``,
  "gpus-not-started": ({ gpus, line }: Gpus & { readonly line: string | undefined }) =>
    `the amdgpu driver is loaded and could not start ${listed(gpus)}${line === undefined ? "" : ` ("${line}")`}; read the lines of amdgpu in \`sudo dmesg\` on the host, which say why`,
  "gpus-with-other-driver": ({ gpus, driver }: Gpus & { readonly driver: string }) =>
    `${listed(gpus)} ${gpus.length === 1 ? "belongs" : "belong"} to the driver ${driver}, not to amdgpu; ${ownerOf(driver)}`,
  "gpus-not-shown": ({ gpus }: Gpus) =>
    `the amdgpu driver has ${listed(gpus)} and shows no compute device of ${gpus.length === 1 ? "it" : "them"}; read the lines of amdgpu and kfd in \`sudo dmesg\` on the host, which say why`,

  "no-gpu": () => "no AMD GPU was found",
  "no-partition-modes": ({
    count,
    accelerators,
  }: {
    readonly count: number;
    readonly accelerators: readonly string[];
  }) =>
    `none of the ${count} AMD GPUs (${accelerators.join(", ")}) offers partition modes, which begin with the MI300 series`,
  "driver-offers-no-modes": ({
    accelerators,
    driver,
  }: {
    readonly accelerators: readonly string[];
    readonly driver: string;
  }) =>
    `the amdgpu driver (${driver}) offers no partition modes for ${accelerators.join(", ")}; install a newer amdgpu driver on the host`,
  guest: () =>
    "this is an SR-IOV guest, which may query partitions but not set them; declare the hypervisor host instead",
  "owned-by-config-manager": ({ pod }: { readonly pod: string }) =>
    `AMD's Device Config Manager runs on this host (pod ${pod}) and sets its modes; change its profile, or keep it off this host`,
  "amd-smi-absent": () =>
    `amd-smi is not installed on the host: it is not in ${AMD_SMI_PLACES}; install it, or set amdSmiPath to its path`,
  "amd-smi-path-wrong": ({ path }: { readonly path: string }) =>
    `amdSmiPath is ${path}, which is no executable file on the host; correct it, or leave it out to have amd-smi found`,
  "amd-smi-untrusted": ({ path, part }: { readonly path: string; readonly part: string }) =>
    `amd-smi is ${path}, which is not run as root because not only root may write ${part}; give ${part} to root with \`sudo chown root\` and \`sudo chmod go-w\``,
  "amd-smi-skipped": ({ path, part }: { readonly path: string; readonly part: string }) =>
    `${path} is not run as root because not only root may write ${part}; another amd-smi is used`,
  "amd-smi-others": ({ used, others }: { readonly used: string; readonly others: readonly string[] }) =>
    `amd-smi is ${used}; ${others.join(", ")} ${others.length === 1 ? "is" : "are"} there too. Set amdSmiPath to choose`,
  "amd-smi-failing": ({ reason }: { readonly reason: string }) =>
    `amd-smi does not work on the host: ${reason}`,
  "amd-smi-too-old": ({ version }: { readonly version: string | undefined }) =>
    `amd-smi ${version} is older than that of ROCm 6.2 (24.6), the first one whose answers are known; upgrade ROCm on the host`,
  "record-unreadable": ({ path }: { readonly path: string }) =>
    `this user may not read ${path}, so that reservations of other stacks are not seen and models cannot be reserved; log in as root, allow sudo without a password, or give the user the folder`,
  "sudo-refuses": ({ said }: { readonly said: string }) =>
    `sudo allows \`true\` and not the commands of an observation (${said}); allow those of docs/security.md`,
  "sudo-without-exec": ({ said }: { readonly said: string }) =>
    `sudo starts a program and keeps it from starting programs (${said}); take NOEXEC out of its rule`,
  "sudo-broken": ({ said }: { readonly said: string }) => `sudo does not work on the host: ${said}`,
  "no-right": () => "the user may not change partitions; log in as root or allow it sudo without a password",
});

/** Who sets the modes of a GPU that another driver has. */
function ownerOf(driver: string): string {
  if (driver.startsWith("vfio") || driver === "pci-stub" || driver === "pciback")
    return "it is passed to a virtual machine, and its modes are set there or by the hypervisor";
  if (driver === "gim")
    return "AMD's host driver for virtual machines sets its modes when it makes the virtual functions";
  return `the tool of ${driver} sets its modes; bind it to amdgpu to have it partitioned here`;
}

function listed(gpus: readonly Bdf[]): string {
  const more = gpus.length - NAMED;
  return `${gpus.slice(0, NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
