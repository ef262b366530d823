import type * as pulumi from "@pulumi/pulumi";

import type { AcceleratorName } from "../topology/accelerators.ts";
import type { ComputeMode, MemoryMode } from "../topology/modes.ts";

/**
 * How to reach a host. Field names are those of `@pulumi/command`'s `remote.Connection`; dialling is bounded more
 * tightly. The whole of it is kept as a secret.
 */
export interface ConnectionArgs {
  /** Host name or address. */
  readonly host: pulumi.Input<string>;
  /** @default 22 */
  readonly port?: pulumi.Input<number> | undefined;
  /** Needs root, or sudo without a password, to change modes. @default "root" */
  readonly user?: pulumi.Input<string> | undefined;
  /** Contents of a private key in PEM or OpenSSH form, not a path. Wins over `password`. */
  readonly privateKey?: pulumi.Input<string> | undefined;
  readonly privateKeyPassword?: pulumi.Input<string> | undefined;
  readonly password?: pulumi.Input<string> | undefined;
  /** Path of an agent's socket. @default $SSH_AUTH_SOCK, when neither key nor password is given */
  readonly agentSocketPath?: pulumi.Input<string> | undefined;
  /** The host's public key in authorized_keys form ("ssh-ed25519 AAAA…"), or several. @default the known_hosts file */
  readonly hostKey?: pulumi.Input<string | readonly pulumi.Input<string>[]> | undefined;
  /** Path of a known_hosts file. @default ~/.ssh/known_hosts */
  readonly knownHosts?: pulumi.Input<string> | undefined;
  /** "off" accepts any host key: only for hosts that are recreated all the time. @default "strict" */
  readonly hostKeyChecking?: pulumi.Input<"strict" | "off"> | undefined;
  /** How often to try to connect before giving up. @default 3 */
  readonly dialErrorLimit?: pulumi.Input<number> | undefined;
  /** Seconds for one attempt to connect and log in. @default 15 */
  readonly perDialTimeout?: pulumi.Input<number> | undefined;
}

/** A host that exists only as a file. */
export interface SimulationArgs {
  /** @default "MI300X" */
  readonly accelerator?: pulumi.Input<AcceleratorName> | undefined;
  /** 1 to 8. @default 8 */
  readonly gpus?: pulumi.Input<number> | undefined;
  /** The file that is the host; edit it to see drift. @default .pulumi-amd-gpu/<stack>.<name>.json in the program's folder */
  readonly stateFile?: pulumi.Input<string> | undefined;
}

/** Seconds. The engine hands no timeouts to dynamic providers, so these are the only ones. */
export interface TimeoutArgs {
  /** One observation of the host. @default 120 */
  readonly observe?: pulumi.Input<number> | undefined;
  /** One amd-smi call that changes a mode. @default 300 */
  readonly set?: pulumi.Input<number> | undefined;
  /** The driver's reload until all GPUs are back. @default 600 */
  readonly reload?: pulumi.Input<number> | undefined;
  /** Waiting for another run that changes the same host. @default 300 */
  readonly lock?: pulumi.Input<number> | undefined;
  /** Waiting for users of the GPUs to end, when `inUse` is "wait". @default 600 */
  readonly inUse?: pulumi.Input<number> | undefined;
}

/**
 * A GPU by its PCI address ("0000:0c:00.0"), its UUID as amd-smi or HIP says it, its place on the board ("oam:3"), or its number in
 * ascending order of addresses. Prefer the address: AMD's UUIDs changed with ROCm 7.0 and 7.13.
 */
export type GpuReferenceArg = pulumi.Input<string | number>;

/** One line of a mixed layout, in the words of AMD's Device Config Manager. */
export interface PartitionProfileArgs {
  readonly computePartition: pulumi.Input<ComputeMode>;
  /** The same for all GPUs that are linked, which mostly are all of the host: they have one memory mode. */
  readonly memoryPartition: pulumi.Input<MemoryMode>;
  /** Number of the remaining GPUs, in ascending order. @default all that remain; for one profile only */
  readonly numGPUsAssigned?: pulumi.Input<number> | undefined;
  /** These GPUs instead of a number of them. */
  readonly gpus?: pulumi.Input<readonly GpuReferenceArg[]> | undefined;
}

export interface SkippedGPUsArgs {
  readonly ids: pulumi.Input<readonly GpuReferenceArg[]>;
}

/** Which host is meant, and how to reach it. Give one host. */
export interface HostArgs {
  /** A host over SSH. @default none: the embedded simulation */
  readonly connection?: pulumi.Input<ConnectionArgs> | undefined;
  /** The machine the program runs on, instead of a host over SSH. @default false */
  readonly local?: pulumi.Input<boolean> | undefined;
  /** The host to simulate, where the host is simulated. @default eight MI300X */
  readonly simulation?: pulumi.Input<SimulationArgs> | undefined;
  /**
   * "auto" changes the hardware, and simulates with a warning where there is none; "real" refuses a host that cannot be changed;
   * "simulation" never contacts a host.
   *
   * @default "auto"
   */
  readonly mode?: pulumi.Input<"auto" | "real" | "simulation"> | undefined;
  /**
   * Where amd-smi is on the host, as an absolute path.
   *
   * @default the first of /opt/rocm/bin, /opt/rocm/core-<release>/bin and /opt/rocm-<release>/bin (the newest release of each), and PATH
   */
  readonly amdSmiPath?: pulumi.Input<string> | undefined;
  readonly timeouts?: pulumi.Input<TimeoutArgs> | undefined;
}

/** How the GPUs of one host are partitioned. Give one host and one form of layout. */
export interface GpuPartitionConfigArgs extends HostArgs {
  /** Compute mode of all GPUs. With `memoryPartition`, instead of `profiles`. */
  readonly computePartition?: pulumi.Input<ComputeMode> | undefined;
  /** Memory mode of the host. */
  readonly memoryPartition?: pulumi.Input<MemoryMode> | undefined;
  /** A mixed layout. */
  readonly profiles?: pulumi.Input<readonly pulumi.Input<PartitionProfileArgs>[]> | undefined;
  /** GPUs that this resource does not manage. A memory mode still applies to them: it belongs to the whole host. */
  readonly skippedGPUs?: pulumi.Input<SkippedGPUsArgs> | undefined;
  /** The profiles of a Device Config Manager file, as they are. Instead of `profiles`. */
  readonly "gpu-config-profiles"?:
    | pulumi.Input<
        Readonly<
          Record<
            string,
            pulumi.Input<{
              readonly skippedGPUs?: pulumi.Input<SkippedGPUsArgs>;
              readonly profiles: pulumi.Input<readonly pulumi.Input<PartitionProfileArgs>[]>;
            }>
          >
        >
      >
    | undefined;
  /** Which of them. @default the only one */
  readonly gpuConfigProfile?: pulumi.Input<string> | undefined;
  /** systemd units that use the GPUs: stopped before a change, and those that ran started after it. @default none */
  readonly gpuClientSystemdServices?:
    | pulumi.Input<{ names: pulumi.Input<readonly pulumi.Input<string>[]> }>
    | undefined;
  /** What to do when processes use a GPU that would change. @default "refuse" */
  readonly inUse?: pulumi.Input<"refuse" | "wait"> | undefined;
  /** Whether a change may reload the driver of all GPUs, as a memory mode needs. @default "allow" */
  readonly driverReload?: pulumi.Input<"allow" | "refuse"> | undefined;
  /** What destroying this does: restore the modes from before the first change, or keep the layout. @default "restore" */
  readonly onDelete?: pulumi.Input<"restore" | "keep"> | undefined;
  /**
   * Installs a systemd unit on the host that sets these modes again at boot, before the units of `gpuClientSystemdServices`
   * start; removed with the declaration. Without effect on a simulation.
   *
   * @default false: modes do not survive a reboot
   */
  readonly persist?: pulumi.Input<boolean> | undefined;
}
