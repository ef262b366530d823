import { generationOf } from "../amd-smi/generation.ts";
import { type Message, textOf } from "../message.ts";
import { ACCELERATORS } from "../topology/accelerators.ts";
import { missingMessages } from "./assemble/missing-gpus.ts";
import { detectionMessages as say } from "./messages.ts";
import { type HostObservation, type ObservedGpu, partitionableGpus } from "./observation.ts";

/** What the user allows: "auto" takes the hardware and falls back to simulation where there is none. */
export const PARTITIONING_MODES = ["auto", "real", "simulation"] as const;
export type PartitioningMode = (typeof PARTITIONING_MODES)[number];

export type CapabilityLevel = "REAL_PARTITIONING" | "SIMULATION" | "NONE";

/**
 * NONE means that modes cannot be changed. What the host has can still be described, declared as it is, and used for models, where
 * its GPUs show their modes.
 */
export interface Capability {
  readonly level: CapabilityLevel;
  /** One sentence: what was found, and for NONE what to do. */
  readonly reason: string;
}

/** Why the modes of a host cannot be changed. */
export interface Obstacle {
  /**
   * "no-hardware": the host has nothing that could be partitioned, so that simulating it deceives nobody. "not-changeable": the
   * hardware is there, and its tool, driver, version or a right is missing: simulating it would deceive.
   */
  readonly kind: "no-hardware" | "not-changeable";
  readonly messages: readonly Message[];
}

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
  const reason = textOf(obstacle.messages);
  if (mode === "auto" && obstacle.kind === "no-hardware") {
    return { level: "SIMULATION", reason: `${reason}; simulated instead, nothing on this host changes` };
  }
  return { level: "NONE", reason };
}

/** The first thing that stands in the way of a change, with the one thing to do about it; undefined where nothing does. */
export function findObstacle(observation: HostObservation): Obstacle | undefined {
  const { gpus, missingGpus } = observation;
  if (gpus.length === 0 && missingGpus.length > 0) return notChangeable(...missingMessages(missingGpus));
  if (gpus.length === 0) return { kind: "no-hardware", messages: [say["no-gpu"]()] };
  if (observation.guest) return notChangeable(say["guest"]());
  const known = gpus.filter((gpu) => gpu.modes !== undefined || isKnown(gpu));
  if (known.length === 0) {
    // What the driver does not show may still be hardware that can be partitioned.
    if (missingGpus.length > 0) return notChangeable(...missingMessages(missingGpus));
    const message = say["no-partition-modes"]({ count: gpus.length, accelerators: namesOf(gpus) });
    return { kind: "no-hardware", messages: [message] };
  }
  if (partitionableGpus(observation).every((gpu) => gpu.fixed)) {
    const { driver, kernel } = observation.versions;
    const release = driver ?? (kernel === undefined ? "of an unknown release" : `of Linux ${kernel}`);
    return notChangeable(say["driver-offers-no-modes"]({ accelerators: namesOf(known), driver: release }));
  }
  const message = toolObstacle(observation) ?? ownerObstacle(observation);
  return message && notChangeable(message);
}

const notChangeable = (...messages: readonly Message[]): Obstacle => ({ kind: "not-changeable", messages });

function toolObstacle({ amdSmi, versions, right }: HostObservation): Message | undefined {
  switch (amdSmi.state) {
    case "absent":
      return amdSmi.path === undefined
        ? say["amd-smi-absent"]()
        : say["amd-smi-path-wrong"]({ path: amdSmi.path });
    case "untrusted":
      return say["amd-smi-untrusted"](amdSmi);
    case "failing":
      return say["amd-smi-failing"](amdSmi);
    case "working":
      break;
  }
  if (generationOf(versions.amdSmi).known === "too-old")
    return say["amd-smi-too-old"]({ version: versions.amdSmi });
  return right === "none" ? say["no-right"]() : undefined;
}

const ownerObstacle = ({ owner }: HostObservation): Message | undefined =>
  owner && say["owned-by-config-manager"](owner);

const isKnown = ({ accelerator, partitionable }: ObservedGpu): boolean =>
  partitionable === true || ACCELERATORS.some(({ name }) => accelerator === name);

const namesOf = (gpus: readonly ObservedGpu[]): readonly string[] => [
  ...new Set(gpus.map((gpu) => gpu.accelerator)),
];

/** Where packages of one release put it, and every earlier release of this package found it. */
const USUAL = new Set(["/opt/rocm/bin/amd-smi", "/usr/bin/amd-smi", "/usr/local/bin/amd-smi"]);

/** Part of state: the path is only said where it is not a usual one, so that no stack sees a difference about nothing. */
function describeHardware(observation: HostObservation): string {
  const { amdSmi, versions } = observation;
  const gpus = partitionableGpus(observation);
  const path = amdSmi.state === "working" && !USUAL.has(amdSmi.path) ? ` (${amdSmi.path})` : "";
  return (
    `${gpus.length} x ${namesOf(gpus).join(", ")} with a working amd-smi ${versions.amdSmi ?? ""}`.trimEnd() +
    path
  );
}
