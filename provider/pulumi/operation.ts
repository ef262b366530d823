import type { HostObservation } from "../detection/observation.ts";
import type { Reservation } from "../host-record/record.ts";
import type { OpenHost } from "../partitioner/open-host.ts";
import type { Plan } from "../partitioner/plan/plan.ts";
import type { Pool } from "../scheduler/pool.ts";
import type { HostAccessArgs } from "../schema/allocation.ts";
import type { Bdf } from "../topology/layout.ts";
import { accessKey, lookAt, openAccess, placeKey } from "./host-access.ts";
import { once } from "./once.ts";

/*
 * State of one engine operation. The engine starts one provider process for a preview, another for the update, and so on;
 * all dynamic resources of that operation share it, so module scope is the place where they meet.
 */

/** What was seen of each real host, by the way to it: several configurations of one host look at it once. */
const looks = new Map<string, Promise<HostObservation | undefined>>();

const opened = new Map<string, Promise<OpenHost>>();

/**
 * The host, looked at once per operation however many resources ask. `hint` is what the program saw a moment ago.
 * A failed look is not kept: what acts later tries again.
 */
export const hostOf = (access: HostAccessArgs, hint?: HostObservation): Promise<OpenHost> =>
  once(opened, accessKey(access), async () => {
    const look = once(looks, placeKey(access), async () => hint ?? (await lookAt(access)));
    return openAccess(access, await look);
  });

/** After a change: what was seen before is not true any more. */
export async function refreshHost(access: HostAccessArgs, observation: HostObservation): Promise<void> {
  const key = accessKey(access);
  const known = await opened.get(key);
  if (!known) return;
  opened.set(key, Promise.resolve({ ...known, observation }));
  if (known.partitioner?.kind === "hardware") looks.set(placeKey(access), Promise.resolve(observation));
}

/** After a host has become one that can be partitioned: which partitioner it has is decided anew. */
export function reopenHost(access: HostAccessArgs, observation: HostObservation): Promise<OpenHost> {
  looks.set(placeKey(access), Promise.resolve(observation));
  opened.delete(accessKey(access));
  return hostOf(access);
}

/** What a GpuPartitionConfig has declared in this operation. */
export interface Declared {
  readonly plan: Plan;
  readonly hostId: string;
  /**
   * GPUs whose logical devices become others, and what was reserved on them is placed again. Repairing a drift touches GPUs
   * too, and gives back the very devices that were declared.
   */
  readonly vanishing: ReadonlySet<Bdf>;
}

const declared = new Map<string, Declared | "unknown">();

/** `key` = project/stack/name of the GpuPartitionConfig. */
export const noteDeclared = (key: string, what: Declared | "unknown"): void => {
  declared.set(key, what);
};

export const declaredBy = (key: string): Declared | "unknown" | undefined => declared.get(key);

const replacing = new Set<string>();

/** `diff` says so before the engine calls `delete` and `create`: the delete half must not bounce the host. */
export const noteReplacement = (key: string): void => {
  replacing.add(key);
};

export const isReplacing = (key: string): boolean => replacing.has(key);

export const endReplacement = (key: string): void => {
  replacing.delete(key);
};

/** Reservations that allocations of this operation have been promised and may not have written yet, by host. */
const promised = new Map<string, Map<string, Reservation>>();

export function promiseReservation(hostId: string, reservation: Reservation): void {
  const ledger = promised.get(hostId) ?? new Map<string, Reservation>();
  promised.set(hostId, ledger);
  ledger.set(reservation.key, reservation);
}

/** Where this operation has a place for an allocation. */
export function promiseTo(
  key: string,
): { readonly hostId: string; readonly reservation: Reservation } | undefined {
  for (const [hostId, ledger] of promised) {
    const reservation = ledger.get(key);
    if (reservation) return { hostId, reservation };
  }
  return undefined;
}

export const promisedReservations = (hostId: string): ReadonlyMap<string, Reservation> =>
  promised.get(hostId) ?? new Map<string, Reservation>();

/** Pools that placements of this operation were made on: what a reservation is proved against when it is written. */
const pools = new Map<string, Pool>();

export const notePool = (key: string, pool: Pool): void => {
  pools.set(key, pool);
};

export const poolOf = (key: string): Pool | undefined => pools.get(key);
