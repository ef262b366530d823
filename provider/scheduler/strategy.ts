import { sumBytes } from "../bytes.ts";
import type { Ledger } from "./ledger.ts";
import { compareDevices, type HostedDevice } from "./pool.ts";
import type { Strategy } from "./request.ts";

/** A possible placement: devices of one GPU, or of several, and all devices these have. */
export interface Candidate {
  readonly devices: readonly HostedDevice[];
  readonly gpuDevices: readonly HostedDevice[];
  /** So many GPUs are touched. */
  readonly gpus: number;
}

/** The better of two candidates first; equal ones by host and the driver's order, so that no input order matters. */
export function compareCandidates(a: Candidate, b: Candidate, strategy: Strategy, ledger: Ledger): number {
  if (a.gpus !== b.gpus) return a.gpus - b.gpus;
  const score = SCORE[strategy];
  const [scoreA, scoreB] = [score(a, ledger), score(b, ledger)];
  for (const [index, value] of scoreA.entries()) {
    const difference = value - (scoreB[index] ?? 0);
    if (difference !== 0) return difference;
  }
  const [firstA] = a.devices;
  const [firstB] = b.devices;
  return firstA && firstB ? compareDevices(firstA, firstB) : 0;
}

const freeOf = (devices: readonly HostedDevice[], ledger: Ledger): number =>
  sumBytes(devices.map((device) => ledger.free(device)));

const loadOf = (devices: readonly HostedDevice[], ledger: Ledger): number =>
  sumBytes(devices.map((device) => ledger.used(device))) /
  Math.max(1, sumBytes(devices.map((device) => device.capacity)));

/** Smaller is better, the first number that differs decides. */
const SCORE: Readonly<Record<Strategy, (candidate: Candidate, ledger: Ledger) => readonly number[]>> = {
  // The tightest devices, then the fullest GPU: what stays free stays in one piece.
  pack: ({ devices, gpuDevices }, ledger) => [freeOf(devices, ledger), freeOf(gpuDevices, ledger)],
  // The busiest domain it would touch, then the GPU, then the devices. Domains come first because bandwidth is theirs.
  spread: ({ devices, gpuDevices }, ledger) => [
    Math.max(...devices.map((device) => ledger.domainLoad(device))),
    loadOf(gpuDevices, ledger),
    loadOf(devices, ledger),
  ],
};
