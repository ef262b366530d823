import { AMD_SMI_PLACES } from "../amd-smi/find.ts";
import { defineMessages } from "../message.ts";
import type { Bdf } from "../topology/layout.ts";

/** More are counted, not listed. */
const NAMED = 8;

interface Gpus {
  readonly gpus: readonly Bdf[];
}

/** What an observation found that somebody has to act on: each with what to do. */
export const detectionMessages = defineMessages({
  "driver-not-loaded": ({ gpus }: Gpus) =>
    `the amdgpu driver shows none of the host's ${gpus.length} AMD accelerators; load it with \`sudo modprobe amdgpu\``,
  "gpus-not-started": ({ gpus, line }: Gpus & { readonly line: string | undefined }) =>
    `the amdgpu driver is loaded but could not start ${listed(gpus)}${line === undefined ? "" : ` ("${line}")`}; see the amdgpu lines of \`sudo dmesg\` on the host for the cause`,
  "gpus-with-other-driver": ({ gpus, driver }: Gpus & { readonly driver: string }) =>
    `${listed(gpus)} ${gpus.length === 1 ? "is" : "are"} bound to the driver ${driver}, not to amdgpu; ${ownerOf(driver)}`,
  "gpus-not-shown": ({ gpus }: Gpus) =>
    `the amdgpu driver is bound to ${listed(gpus)} but shows no compute device for ${gpus.length === 1 ? "it" : "them"}; see the amdgpu and kfd lines of \`sudo dmesg\` on the host for the cause`,

  "no-gpu": () => "no AMD GPU was found",
  "no-partition-modes": ({
    count,
    accelerators,
  }: {
    readonly count: number;
    readonly accelerators: readonly string[];
  }) =>
    `none of the ${count} AMD GPUs (${accelerators.join(", ")}) supports partition modes, which exist from the MI300 series on`,
  "driver-offers-no-modes": ({
    accelerators,
    driver,
  }: {
    readonly accelerators: readonly string[];
    readonly driver: string;
  }) =>
    `the amdgpu driver (${driver}) offers no partition modes for ${accelerators.join(", ")}; install a newer amdgpu driver on the host`,
  guest: () =>
    "this is an SR-IOV guest, which can query partitions but not set them; declare the hypervisor host instead",
  "owned-by-config-manager": ({ pod }: { readonly pod: string }) =>
    `AMD's Device Config Manager runs on this host (pod ${pod}) and sets its modes; change its profile, or keep it off this host`,
  "amd-smi-absent": () =>
    `amd-smi is not installed on the host: it is not in ${AMD_SMI_PLACES}; install it, or set amdSmiPath to its path`,
  "amd-smi-path-wrong": ({ path }: { readonly path: string }) =>
    `amdSmiPath is ${path}, which is not an executable file on the host; correct it, or remove it to search the default places`,
  "amd-smi-untrusted": ({ path, part }: { readonly path: string; readonly part: string }) =>
    `${path} is not run as root because other users than root can write to ${part}; make ${part} writable by root only with \`sudo chown root\` and \`sudo chmod go-w\``,
  "amd-smi-skipped": ({ path, part }: { readonly path: string; readonly part: string }) =>
    `${path} is not run as root because other users than root can write to ${part}; another amd-smi is used`,
  "amd-smi-others": ({ used, others }: { readonly used: string; readonly others: readonly string[] }) =>
    `using ${used}; ${others.join(", ")} ${others.length === 1 ? "is" : "are"} also installed. Set amdSmiPath to choose another`,
  "amd-smi-failing": ({ reason }: { readonly reason: string }) =>
    `amd-smi does not work on the host: ${reason}`,
  "amd-smi-too-old": ({ version }: { readonly version: string | undefined }) =>
    `amd-smi ${version} is older than the one of ROCm 6.2 (24.6), the oldest supported release; upgrade ROCm on the host`,
  "record-unreadable": ({ path }: { readonly path: string }) =>
    `this user cannot read ${path}: reservations of other stacks are not visible, and models cannot be reserved. Log in as root, allow sudo without a password, or make the user the owner of the folder`,
  "sudo-refuses": ({ said }: { readonly said: string }) =>
    `sudo allows \`true\` but not the commands of an observation (${said}); allow the commands listed in docs/security.md`,
  "sudo-without-exec": ({ said }: { readonly said: string }) =>
    `sudo keeps the programs it starts from starting other programs (${said}); remove NOEXEC from its rule`,
  "sudo-broken": ({ said }: { readonly said: string }) => `sudo does not work on the host: ${said}`,
  "no-right": () =>
    "this user cannot change partitions; log in as root, or allow the user sudo without a password",
});

/** Who sets the modes of a GPU that another driver has. */
function ownerOf(driver: string): string {
  if (driver.startsWith("vfio") || driver === "pci-stub" || driver === "pciback")
    return "it is passed through to a virtual machine, and its modes are set there or by the hypervisor";
  if (driver === "gim")
    return "AMD's host driver for virtual machines sets its modes when it creates the virtual functions";
  return `the tool of ${driver} sets its modes; bind the GPU to amdgpu to partition it here`;
}

function listed(gpus: readonly Bdf[]): string {
  const more = gpus.length - NAMED;
  return `${gpus.slice(0, NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
