import { observeHost } from "../detection/observe.ts";
import { hardwarePartitioner } from "../partitioner/hardware/hardware.ts";
import type { Partitioner } from "../partitioner/partitioner.ts";
import { isWithoutDriver } from "../partitioner/refuse/unfinished.ts";
import type { Executor } from "../remote/executor.ts";
import type { HostRequest, OpenHost } from "./host.ts";
import { selectPartitioner } from "./select-partitioner.ts";

/** A host that commands reach. Without partitionable GPUs it is simulated, where its declaration allows that. */
export async function openRealHost(
  request: HostRequest & { readonly executor: Executor },
): Promise<OpenHost> {
  const { executor, mode, timeouts, simulation, amdSmiPath } = request;
  const observation = request.known ?? (await observeHost(executor, timeouts.observe, { amdSmiPath }));
  const { capability, partitioner } = selectPartitioner({
    mode,
    simulation: { lockMs: timeouts.lock, ...simulation },
    host: { executor, observation, timeouts, amdSmiPath },
  });
  return partitioner?.kind === "simulated"
    ? { capability, partitioner, observation: await partitioner.observe(), problems: [] }
    : { capability, partitioner, observation, problems: observation.problems };
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
