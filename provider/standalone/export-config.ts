import { type HostObservation, partitionableGpus } from "../detection/observation.ts";
import type { ComputeMode, MemoryMode, ModePair } from "../topology/modes.ts";

/** One line of a Device Config Manager profile: a number of GPUs, in ascending order of addresses. */
export interface ExportedProfile {
  readonly computePartition: ComputeMode;
  readonly memoryPartition: MemoryMode;
  readonly numGPUsAssigned: number;
}

export interface ExportedConfig {
  /** What a GpuPartitionConfig is given to declare what the host has now. */
  readonly declaration:
    | { readonly computePartition: ComputeMode; readonly memoryPartition: MemoryMode }
    | { readonly profiles: readonly ExportedProfile[] };
  /** The same as a file of AMD's Device Config Manager, with one profile, `current`. */
  readonly deviceConfigManager: {
    readonly "gpu-config-profiles": {
      readonly current: { readonly profiles: readonly ExportedProfile[] };
    };
  };
}

/**
 * How the GPUs of a host are partitioned now, as a declaration: applied to the same host it changes nothing, so that hosts that
 * others have partitioned can be taken over as they are.
 *
 * @returns undefined for a host without partitionable GPUs
 */
export function exportConfig({
  observation,
}: {
  readonly observation: HostObservation;
}): ExportedConfig | undefined {
  const modes = partitionableGpus(observation)
    .toSorted((a, b) => (a.gpu < b.gpu ? -1 : 1))
    .flatMap((gpu) => gpu.modes ?? []);
  const profiles = runsOf(modes);
  const [first, ...others] = profiles;
  if (!first) return undefined;
  const { computePartition, memoryPartition } = first;
  return {
    declaration: others.length === 0 ? { computePartition, memoryPartition } : { profiles },
    deviceConfigManager: { "gpu-config-profiles": { current: { profiles } } },
  };
}

/** Profiles are dealt by position, so neighbours that are alike are one line, and GPUs that are not neighbours are two. */
function runsOf(modes: readonly ModePair[]): readonly ExportedProfile[] {
  const runs: { computePartition: ComputeMode; memoryPartition: MemoryMode; numGPUsAssigned: number }[] = [];
  for (const { compute, memory } of modes) {
    const run = runs.at(-1);
    if (run?.computePartition === compute && run.memoryPartition === memory) run.numGPUsAssigned++;
    else runs.push({ computePartition: compute, memoryPartition: memory, numGPUsAssigned: 1 });
  }
  return runs;
}
