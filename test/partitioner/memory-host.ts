import { ConnectionLostError } from "../../provider/errors.ts";
import { EMPTY_RECORD, type HostRecord } from "../../provider/host-record/record.ts";
import type { Partitioner } from "../../provider/partitioner/partitioner.ts";
import { applyToState } from "../../provider/partitioner/simulated/simulated.ts";
import { withQueries } from "../../provider/partitioner/with-queries.ts";
import type { SimulatedHostState } from "../../provider/schema/simulated-host.ts";
import { observe } from "./host.ts";

/** How a call to a host goes wrong. */
export const MISHAPS = [
  /** It is refused, and changes nothing. */
  "refused",
  /** It changes the host, and is said to have failed. */
  "done, said to have failed",
  /** It is said to have succeeded, and changes nothing. */
  "not done, said to have succeeded",
  /** The connection breaks before it arrives, and stays away. */
  "cut before",
  /** The connection breaks after it has taken effect, and stays away. */
  "cut after",
] as const;

export type Mishap = (typeof MISHAPS)[number];

/** A host that is a value: the kernel's rules, a record, and services, without a file or a process. */
export interface MemoryHost {
  state(): SimulatedHostState;
  record(): HostRecord;
  /** Names of the services that run. */
  running(): ReadonlySet<string>;
  /** How many modes were set and drivers loaded. */
  applied(): number;
  /** Opened for one run, of which the n-th call (from 0) goes wrong. `watch` is told the number of each call before it is made. */
  open(
    fault?: { readonly call: number; readonly mishap: Mishap },
    watch?: (call: number) => void,
  ): Partitioner;
}

const lost = (): Error => new ConnectionLostError("host", "a command");

export function memoryHost(start: SimulatedHostState, services: readonly string[]): MemoryHost {
  let state = start;
  let record: HostRecord = EMPTY_RECORD;
  let applied = 0;
  const running = new Set(services);
  const open: MemoryHost["open"] = (fault, watch) => {
    let calls = 0;
    let cut = false;
    /** Reads nothing can be wrong with but the connection; what changes may be done, said to be done, both or neither. */
    const call = <T>(work: () => T, unchanged?: () => T): Promise<T> => {
      watch?.(calls);
      const number = calls++;
      if (cut) return Promise.reject(lost());
      const strikes = fault !== undefined && number === fault.call;
      if (!strikes) return asPromised(work);
      switch (fault.mishap) {
        case "refused":
          return Promise.reject(new Error("refused"));
        case "not done, said to have succeeded":
          return asPromised(unchanged ?? work);
        case "done, said to have failed":
          work();
          return Promise.reject(new Error("said to have failed"));
        case "cut after":
          work();
          cut = true;
          return Promise.reject(lost());
        case "cut before":
          cut = true;
          return Promise.reject(lost());
      }
    };
    return withQueries({
      kind: "simulated",
      target: "host",
      observe: () => call(() => ({ ...observe(state), record })),
      apply: (step) =>
        call(
          () => {
            state = applyToState(state, step, "host");
            applied++;
          },
          () => undefined,
        ),
      isServiceActive: (name) => call(() => running.has(name)),
      stopService: (name) => call(() => void running.delete(name)),
      installBootUnit: async () => undefined,
      removeBootUnit: async () => undefined,
      startService: (name) => call(() => void running.add(name)),
      record: {
        // A record is written or not: that is what its compare-and-swap is for.
        update: (change) =>
          call(() => {
            record = { ...change(record), revision: record.revision + 1 };
            return record;
          }),
        locked: (work) => work(),
        assertNotLost: () => undefined,
      },
    });
  };
  return { state: () => state, record: () => record, running: () => running, applied: () => applied, open };
}

const asPromised = async <T>(work: () => T): Promise<T> => work();
