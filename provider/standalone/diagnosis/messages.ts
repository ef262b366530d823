import { counted, defineMessages } from "../../message.ts";

/** More are counted, not listed. */
const NAMED = 5;

const listed = (names: readonly string[]): string =>
  `${names.slice(0, NAMED).join(", ")}${names.length > NAMED ? ` and ${names.length - NAMED} more` : ""}`;

/** What a check of a host found. Sentences about its hardware are those of detection. */
export const diagnosisMessages = defineMessages({
  "name-resolves": ({ host, addresses }: { readonly host: string; readonly addresses: readonly string[] }) =>
    addresses.includes(host) ? `${host} is an address` : `${host} resolves to ${listed(addresses)}`,
  "name-does-not-resolve": ({ host }: { readonly host: string }) =>
    `${host} does not resolve to an address; check the name, or give the address`,
  "ssh-answers": ({ port }: { readonly port: number }) => `an SSH server answers at port ${port}`,
  "ssh-does-not-answer": ({ port, reason }: { readonly port: number; readonly reason: string }) =>
    `port ${port}: ${reason}; check that the host is up and that sshd listens there`,
  "host-key-trusted": () => "the host key is the expected one",
  "host-key-not-checked": () => "the host key is not checked; any machine at this address is trusted",
  "logged-in": ({ target }: { readonly target: string }) => `logged in as ${target}`,
  "shell-starts": () => "the login shell starts sh",
  "check-failed": ({ reason }: { readonly reason: string }) => reason,
  "not-reached": ({ after }: { readonly after: string }) =>
    `not checked, because the check "${after}" failed`,

  "right-is-root": () => "commands run as root",
  "right-is-sudo": () => "sudo works without a password",
  "accelerators-found": ({ count }: { readonly count: number }) =>
    `${counted(count, "AMD accelerator")} on the PCI bus`,
  "driver-shows-all": ({ driver }: { readonly driver: string | undefined }) =>
    `the amdgpu driver${driver === undefined ? "" : ` ${driver}`} shows every accelerator`,
  "kfd-shows-devices": ({ count }: { readonly count: number }) =>
    `KFD shows ${counted(count, "logical device")}`,
  "kfd-shows-no-device": () =>
    "KFD shows no logical device; see the amdgpu and kfd lines of `sudo dmesg` on the host",
  "devices-without-node": ({ devices }: { readonly devices: readonly string[] }) =>
    `${listed(devices)} ${devices.length === 1 ? "has" : "have"} no render node, so containers cannot use ${devices.length === 1 ? "it" : "them"}; declare a mode with fewer devices`,
  "amd-smi-works": ({ path, version }: { readonly path: string; readonly version: string | undefined }) =>
    `${path}${version === undefined ? "" : ` ${version}`} works`,
  "gpus-idle": () => "no process has a GPU open",
  "gpus-open": ({ count, where }: { readonly count: number; readonly where: readonly string[] }) =>
    `${count} ${count === 1 ? "process has" : "processes have"} a GPU open${where.length === 0 ? "" : ` (${listed(where)})`}; a change waits for ${count === 1 ? "it" : "them"} or is refused. Services that a change should stop belong in gpuClientSystemdServices`,
  "processes-partly-seen": () =>
    "KFD lists no process; listing open device files takes root, so other processes may have a GPU open",
  "boot-units-none": ({ owners }: { readonly owners: number }) =>
    owners === 0
      ? "no boot unit is installed, and nobody declares the GPUs"
      : "no boot unit is installed: a reboot resets the modes until the next update. Set persist: true to set them at boot",
  "boot-units-installed": ({ units }: { readonly units: readonly string[] }) =>
    `${listed(units)} ${units.length === 1 ? "sets" : "set"} the modes at boot`,
  "boot-units-broken": ({ units }: { readonly units: readonly string[] }) =>
    `${listed(units)} and ${units.length === 1 ? "its script" : "their scripts"} do not belong together; run the update of the stack again`,
  "boot-units-orphaned": ({ units }: { readonly units: readonly string[] }) =>
    `${listed(units)} ${units.length === 1 ? "belongs" : "belong"} to no declaration in the host record; disable ${units.length === 1 ? "it" : "them"} with \`sudo systemctl disable\` if the stack is gone`,
  "record-readable": ({ reservations, owners }: { readonly reservations: number; readonly owners: number }) =>
    `the host record has ${counted(reservations, "reservation")} and ${counted(owners, "declaration")}`,
  "change-none": () => "no change is under way",
  "host-contradiction": ({ problem }: { readonly problem: string }) => problem,
});
