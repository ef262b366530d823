import type { Capability, PartitioningMode } from "../detection/capability.ts";
import type { HostObservation } from "../detection/observation.ts";
import { observeHost } from "../detection/observe.ts";
import { hardwarePartitioner, type HardwareTimeouts } from "../partitioner/hardware/hardware.ts";
import type { Partitioner } from "../partitioner/partitioner.ts";
import { isWithoutDriver } from "../partitioner/refuse/unfinished.ts";
import type { SimulatedHostOptions } from "../partitioner/simulated/simulated.ts";
import type { Executor } from "../remote/executor.ts";
import { selectPartitioner } from "./select-partitioner.ts";

export interface HostRequest {
  /** undefined: there is no host, only the simulation. */
  readonly executor: Executor | undefined;
  readonly mode: PartitioningMode;
  readonly timeouts: HardwareTimeouts;
  /** Where amd-smi is. @default the first one found in the usual places and PATH */
  readonly amdSmiPath?: string | undefined;
  readonly simulation: SimulatedHostOptions;
  /** What a look has just found, so that it need not be repeated. */
  readonly known?: HostObservation | undefined;
}

/** A host ready to be asked and changed. */
export interface OpenHost {
  readonly capability: Capability;
  /** undefined where no GPU of the host shows its modes. With the capability NONE it can be asked, and reserves; it changes nothing. */
  readonly partitioner: Partitioner | undefined;
  /** What the look that chose the partitioner found: of the real host, or of its simulated stand-in. */
  readonly observation: HostObservation;
  /** Sentences about the real host that the user should see; empty for a simulation. */
  readonly problems: readonly string[];
}

/** Looks at the host, and chooses the partitioner by what is found there. */
export async function openHost(request: HostRequest): Promise<OpenHost> {
  const { executor, mode, timeouts, simulation, amdSmiPath } = request;
  const found =
    executor && (request.known ?? (await observeHost(executor, timeouts.observe, { amdSmiPath })));
  const { capability, partitioner } = selectPartitioner({
    mode,
    simulation: { lockMs: timeouts.lock, ...simulation },
    ...(executor && found ? { host: { executor, observation: found, timeouts, amdSmiPath } } : {}),
  });
  if (partitioner?.kind === "simulated") {
    return { capability, partitioner, observation: await partitioner.observe(), problems: [] };
  }
  // capabilityOf answers SIMULATION where there is no host, so here is one.
  if (!found) throw new Error("there is neither a host nor a simulation");
  return { capability, partitioner, observation: found, problems: found.problems };
}

/**
 * The partitioner of a host that a change of this declaration has left without its driver. Such a host shows no GPU, so `openHost` finds
 * no partitioner for it; the driver must be loaded first. undefined: the host is not in that state.
 */
export const partitionerWithoutDriver = (
  { partitioner, observation }: OpenHost,
  { executor, timeouts, amdSmiPath }: Pick<HostRequest, "executor" | "timeouts" | "amdSmiPath">,
  key: string,
): Partitioner | undefined =>
  partitioner === undefined && executor && isWithoutDriver(observation, key)
    ? hardwarePartitioner(executor, observation, timeouts, { amdSmiPath })
    : undefined;
