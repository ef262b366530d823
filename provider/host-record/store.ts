import type { Bound } from "../bound.ts";
import type { HostRecord } from "./record.ts";

/**
 * The record of one host. Two stacks, or two engineers, may write it at the same time: every write says which revision
 * it was made from, and is made again from the newer one when somebody was faster.
 */
export interface HostRecordStore {
  /**
   * Reads, changes and writes as one step. `change` may run several times; what it throws ends the attempt, nothing written.
   *
   * @param bound ends the wait too: whether the record was written is then unknown. @default none
   * @throws HostLockLostError inside `locked` whose lock is gone
   */
  update(change: (record: HostRecord) => HostRecord, bound?: Bound): Promise<HostRecord>;
  /**
   * Runs `work` while nobody else changes this host. The lock dies with us, and with the connection that holds it: from then on
   * nothing more is written. @throws HostLockedError
   *
   * @param bound of the wait for the lock; not of the work, which has its own. @default none
   */
  locked<T>(work: () => Promise<T>, bound?: Bound): Promise<T>;
  /** To be asked before anything is changed under the lock. @throws HostLockLostError when it is known to be gone */
  assertNotLost(): void;
}

/** The same record; a wait that is given no bound of its own has this one. */
export const recordWithin = (record: HostRecordStore, bound: Bound): HostRecordStore => ({
  update: (change, own = bound) => record.update(change, own),
  locked: (work, own = bound) => record.locked(work, own),
  assertNotLost: () => record.assertNotLost(),
});
