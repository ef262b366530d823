import { isAbsolute, resolve } from "node:path";

import type { Capability } from "../detection/capability.ts";
import type { HostObservation } from "../detection/observation.ts";
import { observeHost } from "../detection/observe.ts";
import type { HardwareTimeouts } from "../partitioner/hardware.ts";
import type { Partitioner } from "../partitioner/partitioner.ts";
import { selectPartitioner } from "../partitioner/select.ts";
import type { SimulatedHostOptions } from "../partitioner/simulated.ts";
import type { Executor } from "../remote/executor.ts";
import { localExecutor } from "../remote/local.ts";
import { pooledExecutor } from "../remote/pool.ts";
import type { HostAccessArgs } from "../schema/allocation.ts";

/** A host ready to be asked and changed. One per host and process: its observation and its record are shared. */
export interface OpenHost {
  readonly capability: Capability;
  /** undefined when the capability is NONE. */
  readonly partitioner: Partitioner | undefined;
  /** What the look that chose the partitioner found: of the real host, or of its simulated stand-in. */
  readonly observation: HostObservation;
  /** Sentences about the real host that the user should see; empty for a simulation. */
  readonly problems: readonly string[];
}

export const milliseconds = (timeouts: HostAccessArgs["timeouts"]): HardwareTimeouts => ({
  observe: timeouts.observe * 1000,
  set: timeouts.set * 1000,
  reload: timeouts.reload * 1000,
  lock: timeouts.lock * 1000,
});

/** Where a simulated host lives, and what it is called until its file says otherwise. */
export function simulationOf(access: HostAccessArgs): SimulatedHostOptions {
  const [, stack = "", name = ""] = access.identity.key.split("/");
  const file = access.simulation?.stateFile ?? `.pulumi-amd-gpu/${stack}.${name}.json`;
  return {
    // The provider's process runs in the program's folder.
    path: isAbsolute(file) ? file : resolve(process.cwd(), file),
    hostId: `simulated-${access.identity.key.replaceAll("/", ".")}`,
    accelerator: access.simulation?.accelerator ?? "MI300X",
    gpus: access.simulation?.gpus ?? 8,
  };
}

/** What makes two declarations speak of the same way to the same host. Holds secrets: a key in memory, never shown. */
export const accessKey = (access: HostAccessArgs): string =>
  JSON.stringify([access.connection, access.local, access.mode, simulationOf(access), access.timeouts]);

export const executorOf = (access: HostAccessArgs): Executor | undefined => {
  if (access.mode === "simulation") return undefined;
  if (access.connection) return pooledExecutor(access.connection);
  return access.local ? localExecutor() : undefined;
};

/** Looks at the host (unless `known` is what a look has just found) and chooses the partitioner. */
export async function openHost(access: HostAccessArgs, known?: HostObservation): Promise<OpenHost> {
  const executor = executorOf(access);
  const timeouts = milliseconds(access.timeouts);
  const simulation = simulationOf(access);
  const found = executor && (known ?? (await observeHost(executor, timeouts.observe)));
  const { capability, partitioner } = selectPartitioner({
    mode: access.mode,
    simulation,
    ...(executor && found ? { host: { executor, observation: found, timeouts } } : {}),
  });
  if (partitioner?.kind === "simulated") {
    return { capability, partitioner, observation: await partitioner.observe(), problems: [] };
  }
  if (!found) throw new Error("no host and no simulation"); // capabilityOf answers SIMULATION where there is no host
  return { capability, partitioner, observation: found, problems: found.problems };
}
