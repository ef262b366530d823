import { accessKey, endpointKey, type HostDoor } from "../../access/host-access.ts";
import type { OpenHost } from "../../access/host.ts";
import type { HostObservation } from "../../detection/observation.ts";
import type { HostAccessArgs } from "../../schema/allocation.ts";
import { singleFlight } from "../../single-flight.ts";

/** A host that did not answer so long ago is asked again: it may have been made ready since. */
const FAILURE_KEPT_MS = 15_000;

/** The hosts of one operation: each is observed once, however many resources ask. */
export interface Hosts {
  /**
   * @param hint what the program observed a moment ago. A failure is not kept: what acts later tries again.
   */
  open(access: HostAccessArgs, hint?: HostObservation): Promise<OpenHost>;
  /**
   * Begins to observe a host of which it is known that it will be asked for, so that many hosts are observed at once. A failure
   * answers the first who asks soon after.
   */
  observeEarly(access: HostAccessArgs): void;
  /** After a change: what was observed before is not true any more. */
  refresh(access: HostAccessArgs, observation: HostObservation): Promise<void>;
  /** After a host has become one that can be partitioned: its partitioner is chosen again. */
  reopen(access: HostAccessArgs, observation: HostObservation): Promise<OpenHost>;
}

/** An observation that was begun before anybody asked for it. */
interface Early {
  readonly found: Promise<HostObservation | undefined>;
  /** Resolves with the first; undefined: it did not fail. */
  readonly failedAt: Promise<number | undefined>;
}

export function createHosts({ observe, open: openHost }: HostDoor): Hosts {
  /** By the way to the real host: several configurations of one host observe it once. */
  const observed = new Map<string, Promise<HostObservation | undefined>>();
  const early = new Map<string, Early>();
  const opened = new Map<string, Promise<OpenHost>>();
  const observeOnce = async (access: HostAccessArgs): Promise<HostObservation | undefined> => {
    const begun = early.get(endpointKey(access));
    early.delete(endpointKey(access));
    if (begun === undefined) return observe(access);
    try {
      return await begun.found;
    } catch (error) {
      const failedAt = (await begun.failedAt) ?? 0;
      if (performance.now() - failedAt < FAILURE_KEPT_MS) throw error;
      return observe(access);
    }
  };
  const open = (access: HostAccessArgs, hint?: HostObservation): Promise<OpenHost> =>
    singleFlight(opened, accessKey(access), async () =>
      openHost(
        access,
        await singleFlight(observed, endpointKey(access), async () => hint ?? (await observeOnce(access))),
      ),
    );
  return {
    open,
    observeEarly(access) {
      const key = endpointKey(access);
      if (early.has(key) || observed.has(key)) return;
      const found = observe(access);
      const failedAt = found.then(
        () => undefined,
        () => performance.now(),
      );
      early.set(key, { found, failedAt });
    },
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
