import { RefusedError, ChangeFailedError } from "../../change-errors.ts";
import type { HostObservation } from "../../detection/observation.ts";
import { ConnectionLostError, HostUnreachableError } from "../../errors.ts";
import { HostLockLostError } from "../../host-errors.ts";
import { withoutJournal, withoutOwner } from "../../host-record/changes.ts";
import type { HostRecord, Journal } from "../../host-record/record.ts";
import type { Partitioner, Progress } from "../partitioner.ts";
import type { Step } from "../plan/step.ts";
import { rollBack } from "./roll-back.ts";
import { startServices } from "./services.ts";

/** A change that stopped. */
export interface Failed {
  readonly journal: Journal;
  /** The host before it. */
  readonly before: HostObservation;
  readonly failure: unknown;
  readonly stopped: readonly string[];
  /** Steps that the host took. */
  readonly accepted: readonly Step[];
  readonly progress: Progress;
}

/** Without a connection or the lock nobody knows what the host does, and somebody else may be changing it. */
const isCutOff = (failure: unknown): boolean =>
  failure instanceof ConnectionLostError ||
  failure instanceof HostUnreachableError ||
  failure instanceof HostLockLostError;

/** Back to what was before where that is possible. The journal goes only when the host is proved to be back. */
export async function abortChange(
  partitioner: Partitioner,
  { journal, before, failure, stopped, accepted, progress }: Failed,
): Promise<RefusedError | ChangeFailedError> {
  const { target } = partitioner;
  if (isCutOff(failure)) return new ChangeFailedError(target, failure, GOES_ON, "left");
  const refused = failure instanceof RefusedError ? failure : undefined;
  const { state, sentence } = refused
    ? { state: "rolled-back" as const, sentence: "The host is unchanged." }
    : await rollBack(partitioner, before, accepted, progress);
  const complaints = [...(await startServices(partitioner, stopped, progress))];
  if (state === "rolled-back" && complaints.length === 0) {
    try {
      await partitioner.record.update((now) => forget(now, journal));
      return refused ?? new ChangeFailedError(target, failure, sentence, state);
    } catch (error) {
      complaints.push((error as Error).message);
    }
  }
  // A host whose services stand still, or whose record says otherwise, is not as it was before.
  const rest = complaints.map((complaint) => `${complaint}.`);
  const left = state === "left" ? [sentence, ...rest] : [sentence, ...rest, JOURNAL_STAYS];
  return new ChangeFailedError(target, failure, left.join(" "), "left");
}

const GOES_ON =
  "The current step may still be running on the host. The journal stays on the host; the next update completes the change.";

const JOURNAL_STAYS = "The journal stays on the host; the next update completes the rollback.";

/** A change that did not happen leaves the record as it was: no journal, and no owner that was not there before. */
const forget = (now: HostRecord, { key, wasOwner }: Journal): HostRecord => {
  const rest = now.journal?.key === key ? withoutJournal(now) : now;
  return wasOwner === false ? withoutOwner(rest, key) : rest;
};
