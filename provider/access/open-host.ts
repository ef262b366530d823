import { capabilityOf } from "../detection/capability.ts";
import { simulatedPartitioner } from "../partitioner/simulated/simulated.ts";
import type { HostRequest, OpenHost } from "./host.ts";

/** Observes the host, and chooses the partitioner by what is found. What a real host needs is loaded only for one. */
export async function openHost(request: HostRequest): Promise<OpenHost> {
  const { executor, mode, timeouts, simulation } = request;
  if (executor) return (await import("./open-real-host.ts")).openRealHost({ ...request, executor });
  const partitioner = simulatedPartitioner({ lockMs: timeouts.lock, ...simulation });
  return {
    capability: capabilityOf(undefined, mode),
    partitioner,
    observation: await partitioner.observe(),
    problems: [],
  };
}
