import type { HostObservation } from "../../provider/detection/observation.ts";
import type { HostRecord } from "../../provider/host-record/record.ts";
import {
  newSimulatedHost,
  observeSimulated,
} from "../../provider/partitioner/simulated/simulated-observation.ts";
import type { SimulatedHostState } from "../../provider/schema/simulated-host.ts";
import type { AcceleratorName } from "../../provider/topology/accelerators.ts";
import { type ModePair, parseComputeMode, parseMemoryMode } from "../../provider/topology/modes.ts";

/** "CPX/NPS4" as a pair. */
export function pair(text: string): ModePair {
  const [compute = "", memory = ""] = text.split("/");
  const modes = { compute: parseComputeMode(compute), memory: parseMemoryMode(memory) };
  if (!modes.compute || !modes.memory) throw new RangeError(`${text} is no pair of modes`);
  return { compute: modes.compute, memory: modes.memory };
}

/** A host with a GPU for each of these pairs. */
export function stateOf(
  pairs: readonly string[],
  accelerator: AcceleratorName = "MI300X",
): SimulatedHostState {
  const host = newSimulatedHost("simulated", accelerator, pairs.length);
  return { ...host, gpus: host.gpus.map((gpu, number) => ({ ...gpu, ...pair(pairs[number] ?? "") })) };
}

export const observe = (state: SimulatedHostState): HostObservation => observeSimulated(state, "host.json");

/** What a look at such a host finds. */
export const hostOf = (
  pairs: readonly string[],
  accelerator?: AcceleratorName,
  changes: Partial<Omit<HostObservation, "record"> & { readonly record: Partial<HostRecord> }> = {},
): HostObservation => {
  const observation = observe(stateOf(pairs, accelerator));
  return { ...observation, ...changes, record: { ...observation.record, ...changes.record } };
};

/** Addresses of the first GPUs of such a host. */
export const GPUS = newSimulatedHost("simulated", "MI300X", 8).gpus.map((gpu) => gpu.gpu);

export const desired = (pairs: Readonly<Record<number, string>>): ReadonlyMap<string, ModePair> =>
  new Map(Object.entries(pairs).map(([number, text]) => [GPUS[Number(number)] ?? "", pair(text)]));

export const eight = (text: string): readonly string[] => Array<string>(8).fill(text);

/** The same pair declared for GPU 0, 1, …, as many as given. */
export const declareAll = (text: string, gpus = 8): Readonly<Record<number, string>> =>
  Object.fromEntries(GPUS.slice(0, gpus).map((_, number) => [number, text]));
