import { isAbsolute, resolve } from "node:path";

import type { HostObservation } from "../detection/observation.ts";
import { observeHost } from "../detection/observe.ts";
import { openHost, type OpenHost } from "../partitioner/open-host.ts";
import type { SimulatedHostOptions } from "../partitioner/simulated/simulated.ts";
import { milliseconds } from "../partitioner/timeouts.ts";
import { executorFor } from "../remote/executor-for.ts";
import type { HostAccessArgs } from "../schema/allocation.ts";

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

/** What makes two declarations speak of one real host, whatever they do with it. Holds secrets too. */
export const placeKey = (access: HostAccessArgs): string =>
  access.mode === "simulation" ? "simulation" : JSON.stringify([access.connection, access.local]);

/** undefined where there is no real host to look at. */
export async function lookAt(access: HostAccessArgs): Promise<HostObservation | undefined> {
  const executor = executorFor(access);
  return executor && (await observeHost(executor, milliseconds(access.timeouts).observe));
}

/** Chooses the partitioner by what was seen of the real host, if there is one. */
export const openAccess = (access: HostAccessArgs, known: HostObservation | undefined): Promise<OpenHost> =>
  openHost({
    executor: executorFor(access),
    mode: access.mode,
    timeouts: milliseconds(access.timeouts),
    simulation: simulationOf(access),
    known,
  });
