import { at, domainLoad, freeOf, type Occupancy } from "../occupancy/occupancy.ts";
import type { Strategy } from "../request.ts";

/** What candidates are compared by: the first number that differs decides, the smaller is better. */
export type Score = readonly number[];

export function compareScores(a: Score, b: Score): number {
  for (const [position, value] of a.entries()) {
    const difference = value - (b[position] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * The exact order, by which one workload is placed: every candidate is known, so devices are judged together with the GPUs
 * that they leave.
 *
 * @param devices of one GPU, or of several
 */
export function scoreOfDevices(occupancy: Occupancy, strategy: Strategy, devices: readonly number[]): Score {
  const gpus = gpusOf(occupancy, devices);
  const members = gpus.flatMap((gpu) => occupancy.gpus[gpu] ?? []);
  const first = devices[0] ?? 0;
  if (strategy === "pack") {
    // The tightest devices, then the fullest GPUs: what stays free stays in one piece.
    return [gpus.length, freeOf(occupancy.free, devices), freeOf(occupancy.free, members), first];
  }
  // The busiest domain, then the GPU, then the devices. Domains come first because bandwidth is theirs.
  const loads = devices.map((device) => domainLoad(occupancy, at(occupancy.domainOf, device)));
  return [gpus.length, Math.max(...loads), loadOf(occupancy, members), loadOf(occupancy, devices), first];
}

export const gpusOf = (occupancy: Occupancy, devices: readonly number[]): readonly number[] => [
  ...new Set(devices.map((device) => at(occupancy.gpuOf, device))),
];

function loadOf({ devices, used }: Occupancy, numbers: readonly number[]): number {
  const capacity = numbers.reduce((sum, number) => sum + (devices[number]?.capacity ?? 0), 0);
  return numbers.reduce((sum, number) => sum + at(used, number), 0) / Math.max(1, capacity);
}

// The orders that an index keeps for thousands of workloads. Each considers one device, or one GPU, whatever would be
// chosen there, so that an entry moves only when its own GPU changes.

/** Of devices, for workloads of one rank. */
export const scoreOfDevice = (occupancy: Occupancy, strategy: Strategy, device: number): Score => {
  const gpuFree = at(occupancy.gpuFree, at(occupancy.gpuOf, device));
  return strategy === "pack"
    ? [at(occupancy.free, device), gpuFree]
    : [domainLoad(occupancy, at(occupancy.domainOf, device)), -gpuFree, at(occupancy.used, device)];
};

/** @param room what the last of the freest devices that a gang needs has left */
export const scoreOfGpu = (occupancy: Occupancy, strategy: Strategy, gpu: number, room: number): Score => {
  const gpuFree = at(occupancy.gpuFree, gpu);
  return strategy === "pack" ? [room, gpuFree] : [-gpuFree, room];
};

/** Of devices on several GPUs of a host. */
export function scoreOnHost(occupancy: Occupancy, strategy: Strategy, devices: readonly number[]): Score {
  const gpus = gpusOf(occupancy, devices);
  const left = gpus.reduce((sum, gpu) => sum + at(occupancy.gpuFree, gpu), 0);
  return [gpus.length, strategy === "pack" ? left : -left];
}
