import type * as pulumi from "@pulumi/pulumi";

import type { AcceleratorName } from "../topology/accelerators.ts";
import type { ComputeMode, MemoryMode } from "../topology/modes.ts";

/**
 * How to reach a host. Field names are those of `@pulumi/command`'s `remote.Connection`; dialling is bounded more
 * tightly. The whole of it is kept as a secret.
 */
export interface ConnectionArgs {
  /** Host name or address, without user, port, scheme or brackets. */
  readonly host: pulumi.Input<string>;
  /** TCP port of the SSH server. @default 22 */
  readonly port?: pulumi.Input<number> | undefined;
  /** Login name. On a host that is to be changed: root, or a user with `sudo` without a password. @default "root" */
  readonly user?: pulumi.Input<string> | undefined;
  /** Contents of a private key in PEM or OpenSSH form, not a path. Tried before `password`. */
  readonly privateKey?: pulumi.Input<string> | undefined;
  /**
   * Path of a private key file on the machine that runs Pulumi, in place of `privateKey`. Read when needed; its text is
   * never stored.
   */
  readonly privateKeyPath?: pulumi.Input<string> | undefined;
  /** Passphrase of `privateKey`, or of the file at `privateKeyPath`. */
  readonly privateKeyPassword?: pulumi.Input<string> | undefined;
  /** Password of the user, also for keyboard-interactive logins. */
  readonly password?: pulumi.Input<string> | undefined;
  /** Path of an SSH agent's socket. @default `$SSH_AUTH_SOCK`, without key and password */
  readonly agentSocketPath?: pulumi.Input<string> | undefined;
  /** Public key of the host, or several, as in a `.pub` file or as lines of known_hosts. @default the known_hosts file */
  readonly hostKey?: pulumi.Input<string | readonly pulumi.Input<string>[]> | undefined;
  /** Path of a known_hosts file on the machine that runs Pulumi. @default the files that OpenSSH reads */
  readonly knownHosts?: pulumi.Input<string> | undefined;
  /** "off" accepts any host key; use it only for hosts that are recreated all the time. @default "strict" */
  readonly hostKeyChecking?: pulumi.Input<"strict" | "off"> | undefined;
  /** Attempts to connect. A refused login or a wrong host key is not tried again. @default 3 */
  readonly dialErrorLimit?: pulumi.Input<number> | undefined;
  /** Seconds for one attempt to connect and log in. @default 15 */
  readonly perDialTimeout?: pulumi.Input<number> | undefined;
  /** Jump host (bastion) that forwards the connection. It has the same fields, and may have a `proxy` itself. @default none */
  readonly proxy?: pulumi.Input<ConnectionArgs> | undefined;
}

/** A host that exists only as a file. */
export interface SimulationArgs {
  /** Model of the simulated GPUs. @default "MI300X" */
  readonly accelerator?: pulumi.Input<AcceleratorName> | undefined;
  /** How many GPUs the simulated host has. @default 8 */
  readonly gpus?: pulumi.Input<number> | undefined;
  /**
   * Path of the file that is the simulated host; edit it to see drift.
   *
   * @default `.pulumi-amd-gpu/<stack>.<name>.json` in the program's folder
   */
  readonly stateFile?: pulumi.Input<string> | undefined;
}

/** Seconds. The engine hands no timeouts to dynamic providers, so these are the only ones. */
export interface TimeoutArgs {
  /** One observation of the host. One amd-smi call in it may take half of this time. @default 120 */
  readonly observe?: pulumi.Input<number> | undefined;
  /** One amd-smi call that changes a mode. @default 300 */
  readonly set?: pulumi.Input<number> | undefined;
  /** A reload of the driver, and then the wait until all GPUs are back. @default 600 */
  readonly reload?: pulumi.Input<number> | undefined;
  /** The wait for another run that changes the same host. @default 300 */
  readonly lock?: pulumi.Input<number> | undefined;
  /** The wait for GPU processes to end, with `inUse: "wait"`. @default 600 */
  readonly inUse?: pulumi.Input<number> | undefined;
}

/**
 * A GPU by its PCI address ("0000:0c:00.0"), its UUID as amd-smi or HIP says it, its place on the board ("oam:3"), or its number in
 * ascending order of addresses. Prefer the address: AMD's UUIDs changed with ROCm 7.0 and 7.13.
 */
export type GpuReferenceArg = pulumi.Input<string | number>;

/** One line of a mixed layout, in the words of AMD's Device Config Manager. */
export interface PartitionProfileArgs {
  /** Compute mode of these GPUs. */
  readonly computePartition: pulumi.Input<ComputeMode>;
  /** Memory mode of these GPUs. GPUs of one XGMI hive, which usually is the whole host, have the same. */
  readonly memoryPartition: pulumi.Input<MemoryMode>;
  /** How many of the GPUs that no profile names, in ascending order. @default the rest, for one profile */
  readonly numGPUsAssigned?: pulumi.Input<number> | undefined;
  /** Which GPUs, by reference. Instead of `numGPUsAssigned`. */
  readonly gpus?: pulumi.Input<readonly GpuReferenceArg[]> | undefined;
}

export interface SkippedGPUsArgs {
  /** The GPUs, by reference. */
  readonly ids: pulumi.Input<readonly GpuReferenceArg[]>;
}

/** Profiles by name, as a Device Config Manager file has them. */
export type DeviceConfigProfilesArgs = Readonly<
  Record<
    string,
    pulumi.Input<{
      readonly skippedGPUs?: pulumi.Input<SkippedGPUsArgs>;
      readonly profiles: pulumi.Input<readonly pulumi.Input<PartitionProfileArgs>[]>;
    }>
  >
>;

/** Which host is meant, and how to reach it. Give one host. */
export interface HostArgs {
  /** The host, over SSH. Kept as a secret. @default none: the embedded simulation */
  readonly connection?: pulumi.Input<ConnectionArgs> | undefined;
  /** The host is the machine that runs Pulumi. @default false */
  readonly local?: pulumi.Input<boolean> | undefined;
  /** What is simulated, where the backend is the simulation. @default eight MI300X */
  readonly simulation?: pulumi.Input<SimulationArgs> | undefined;
  /**
   * "auto" changes hardware and simulates with a warning where it cannot; "real" fails instead; "simulation" contacts no
   * host.
   *
   * @default "auto"
   */
  readonly mode?: pulumi.Input<"auto" | "real" | "simulation"> | undefined;
  /** Absolute path of amd-smi on the host. @default found under `/opt` or on PATH */
  readonly amdSmiPath?: pulumi.Input<string> | undefined;
  /** Time limits of what is done on the host, in seconds. @default those of each limit */
  readonly timeouts?: pulumi.Input<TimeoutArgs> | undefined;
}

/** How the GPUs of one host are partitioned. Give one host and one form of layout. */
export interface GpuPartitionConfigArgs extends HostArgs {
  /** Compute mode of all GPUs. Needs `memoryPartition`. */
  readonly computePartition?: pulumi.Input<ComputeMode> | undefined;
  /** Memory mode of all GPUs. Needs `computePartition`. */
  readonly memoryPartition?: pulumi.Input<MemoryMode> | undefined;
  /** A mixed layout: each profile gives modes to some of the GPUs. */
  readonly profiles?: pulumi.Input<readonly pulumi.Input<PartitionProfileArgs>[]> | undefined;
  /** GPUs that this resource does not manage. A change of the memory mode still reaches them. @default none */
  readonly skippedGPUs?: pulumi.Input<SkippedGPUsArgs> | undefined;
  /** Profiles by name, as in a file of AMD's Device Config Manager. */
  readonly "gpu-config-profiles"?: pulumi.Input<DeviceConfigProfilesArgs> | undefined;
  /** The same as `gpu-config-profiles`, under a name that every language can write. */
  readonly gpuConfigProfiles?: pulumi.Input<DeviceConfigProfilesArgs> | undefined;
  /** Which profile of `gpu-config-profiles` applies. @default the only one */
  readonly gpuConfigProfile?: pulumi.Input<string> | undefined;
  /** systemd units that use the GPUs. A change stops them first, and then starts those that were running. @default none */
  readonly gpuClientSystemdServices?:
    | pulumi.Input<{ names: pulumi.Input<readonly pulumi.Input<string>[]> }>
    | undefined;
  /** What a change does while processes use its GPUs: fail, or wait for them up to `timeouts.inUse`. @default "refuse" */
  readonly inUse?: pulumi.Input<"refuse" | "wait"> | undefined;
  /** Whether a change may reload the driver, which a new memory mode needs. "refuse" makes the preview fail. @default "allow" */
  readonly driverReload?: pulumi.Input<"allow" | "refuse"> | undefined;
  /** What a destroy does: restore the modes from before the first change, or keep the layout. @default "restore" */
  readonly onDelete?: pulumi.Input<"restore" | "keep"> | undefined;
  /** Installs a systemd unit on the host that sets the modes again at boot. @default false */
  readonly persist?: pulumi.Input<boolean> | undefined;
}
