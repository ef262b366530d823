import { generationOf } from "../amd-smi/generation.ts";
import { type HostObservation, partitionableGpus } from "./observation.ts";

/** What the user allows: "auto" takes the hardware and falls back to simulation where there is none. */
export const PARTITIONING_MODES = ["auto", "real", "simulation"] as const;
export type PartitioningMode = (typeof PARTITIONING_MODES)[number];

export type CapabilityLevel = "REAL_PARTITIONING" | "SIMULATION" | "NONE";

export interface Capability {
  readonly level: CapabilityLevel;
  /** One sentence: what was found, and for NONE what to do. */
  readonly reason: string;
}

/** Why a host cannot be partitioned for real. */
type Obstacle =
  /** The host has nothing that could be partitioned: simulating it deceives nobody. */
  | { readonly kind: "no-hardware"; readonly reason: string }
  /** The hardware is there and we may not or cannot change it: simulating it would deceive. */
  | { readonly kind: "not-changeable"; readonly reason: string };

/** What can be done on this host, given what the user allows. `undefined` = there is no host: the embedded simulation. */
export function capabilityOf(observation: HostObservation | undefined, mode: PartitioningMode): Capability {
  if (mode === "simulation") {
    return { level: "SIMULATION", reason: "simulation was asked for; no host is read or changed" };
  }
  if (observation === undefined) {
    return { level: "SIMULATION", reason: "no host is declared; the embedded simulation stands in for one" };
  }
  const obstacle = findObstacle(observation);
  if (obstacle === undefined) {
    return { level: "REAL_PARTITIONING", reason: describeHardware(observation) };
  }
  if (mode === "auto" && obstacle.kind === "no-hardware") {
    return {
      level: "SIMULATION",
      reason: `${obstacle.reason}; simulated instead, nothing on this host changes`,
    };
  }
  return { level: "NONE", reason: obstacle.reason };
}

function findObstacle(observation: HostObservation): Obstacle | undefined {
  const { amdSmi, gpus, undrivenGpus } = observation;
  if (gpus.length === 0 && undrivenGpus.length > 0) {
    return {
      kind: "not-changeable",
      reason: `the amdgpu driver shows none of the host's ${undrivenGpus.length} AMD accelerators; load it with \`sudo modprobe amdgpu\``,
    };
  }
  if (gpus.length === 0) return { kind: "no-hardware", reason: "no AMD GPU was found" };
  if (observation.guest) {
    return {
      kind: "not-changeable",
      reason:
        "this is an SR-IOV guest, which may query partitions but not set them; declare the hypervisor host instead",
    };
  }
  if (partitionableGpus(observation).length === 0) {
    const names = [...new Set(gpus.map((gpu) => gpu.accelerator))].join(", ");
    return {
      kind: "no-hardware",
      reason: `none of the ${gpus.length} AMD GPUs (${names}) offers partition modes, which begin with the MI300 series`,
    };
  }
  switch (amdSmi.state) {
    case "absent":
      return { kind: "no-hardware", reason: "amd-smi is not installed on the host" };
    case "failing":
      return { kind: "not-changeable", reason: `amd-smi does not work on the host: ${amdSmi.reason}` };
    case "working":
      break;
  }
  if (generationOf(observation.versions.amdSmi).known === "too-old") {
    return {
      kind: "not-changeable",
      reason: `amd-smi ${observation.versions.amdSmi} is older than that of ROCm 6.2 (24.6), the first one whose answers are known; upgrade ROCm on the host`,
    };
  }
  if (observation.right === "none") {
    return {
      kind: "not-changeable",
      reason: "the user may not change partitions; log in as root or allow it sudo without a password",
    };
  }
  return undefined;
}

function describeHardware(observation: HostObservation): string {
  const gpus = partitionableGpus(observation);
  const names = [...new Set(gpus.map((gpu) => gpu.accelerator))].join(", ");
  return `${gpus.length} x ${names} with a working amd-smi ${observation.versions.amdSmi ?? ""}`.trimEnd();
}
