import type { HostObservation } from "../detection/observation.ts";
import type { HostAccessArgs } from "../schema/allocation.ts";
import { executorFor } from "./executor-for.ts";
import type { OpenHost } from "./host.ts";
import { openHost } from "./open-host.ts";
import { simulatedPlace } from "./simulated-place.ts";
import { milliseconds } from "./timeouts.ts";

/** Which file a simulation is, where nothing else is. */
const simulatedKey = ({ simulation, identity }: HostAccessArgs): string =>
  simulation?.stateFile ?? identity.key;

/** What makes two declarations speak of the same way to the same host. Holds secrets: a key in memory, never shown. */
export const accessKey = (access: HostAccessArgs): string =>
  JSON.stringify([
    access.connection,
    access.local,
    access.mode,
    simulatedKey(access),
    access.simulation?.accelerator,
    access.simulation?.gpus,
    access.timeouts,
    access.amdSmiPath,
  ]);

/** What makes two declarations speak of one host, whatever they do with it. Holds secrets too. */
export const endpointKey = (access: HostAccessArgs): string =>
  access.mode === "simulation" || (access.connection === undefined && access.local === undefined)
    ? simulatedKey(access)
    : JSON.stringify([access.connection, access.local, access.amdSmiPath]);

/** undefined where there is no real host to observe. */
export async function observeAccess(access: HostAccessArgs): Promise<HostObservation | undefined> {
  const executor = await executorFor(access);
  if (!executor) return undefined;
  const { observeHost } = await import("../detection/observe.ts");
  return observeHost(executor, milliseconds(access.timeouts).observe, { amdSmiPath: access.amdSmiPath });
}

/** How a host is reached: over SSH, locally, as a file, or as a test says. */
export interface HostDoor {
  /** undefined where there is no real host to observe. */
  readonly observe: (access: HostAccessArgs) => Promise<HostObservation | undefined>;
  /** Chooses the partitioner by what was observed of the real host, if there is one. */
  readonly open: (access: HostAccessArgs, known: HostObservation | undefined) => Promise<OpenHost>;
}

/** The hosts that declarations name. */
export const declaredHosts: HostDoor = {
  observe: observeAccess,
  open: async (access, known) =>
    openHost({
      executor: await executorFor(access),
      mode: access.mode,
      timeouts: milliseconds(access.timeouts),
      amdSmiPath: access.amdSmiPath,
      simulation: await simulatedPlace(access),
      known,
    }),
};
