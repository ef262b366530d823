import { accessKey, endpointKey, type HostDoor } from "../../access/host-access.ts";
import type { OpenHost } from "../../access/host.ts";
import type { HostObservation } from "../../detection/observation.ts";
import type { HostAccessArgs } from "../../schema/allocation.ts";
import { singleFlight } from "../../single-flight.ts";

/** The hosts of one operation: each is observed once, however many resources ask. */
export interface Hosts {
  /**
   * @param hint what the program observed a moment ago. A failure is not kept: what acts later tries again.
   */
  open(access: HostAccessArgs, hint?: HostObservation): Promise<OpenHost>;
  /** After a change: what was observed before is not true any more. */
  refresh(access: HostAccessArgs, observation: HostObservation): Promise<void>;
  /** After a host has become one that can be partitioned: its partitioner is chosen again. */
  reopen(access: HostAccessArgs, observation: HostObservation): Promise<OpenHost>;
}

export function createHosts({ observe, open: openHost }: HostDoor): Hosts {
  /** By the way to the real host: several configurations of one host observe it once. */
  const observed = new Map<string, Promise<HostObservation | undefined>>();
  const opened = new Map<string, Promise<OpenHost>>();
  const open = (access: HostAccessArgs, hint?: HostObservation): Promise<OpenHost> =>
    singleFlight(opened, accessKey(access), async () =>
      openHost(
        access,
        await singleFlight(observed, endpointKey(access), async () => hint ?? (await observe(access))),
      ),
    );
  return {
    open,
    async refresh(access, observation) {
      const key = accessKey(access);
      const known = await opened.get(key);
      if (!known) return;
      opened.set(key, Promise.resolve({ ...known, observation }));
      if (known.partitioner?.kind === "hardware")
        observed.set(endpointKey(access), Promise.resolve(observation));
    },
    reopen(access, observation) {
      observed.set(endpointKey(access), Promise.resolve(observation));
      opened.delete(accessKey(access));
      return open(access);
    },
  };
}
