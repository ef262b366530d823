import type { HostObservation } from "../detection/observation.ts";
import { ConnectionLostError, HostUnreachableError } from "../errors.ts";
import { withJournal, withoutJournal, withOwner, withoutOwner } from "../host-record/changes.ts";
import type { HostRecord, Journal } from "../host-record/record.ts";
import { HostLockLostError } from "../host-record/store.ts";
import type { Bdf } from "../topology/layout.ts";
import { type ModePair, sameModes } from "../topology/modes.ts";
import { ChangeFailedError, RefusedError } from "./change-errors.ts";
import type { DesiredModes } from "./desired.ts";
import { holderRefusals } from "./in-use.ts";
import type { Partitioner } from "./partitioner.ts";
import {
  describeStep,
  finalModes,
  observedModes,
  plan,
  type Plan,
  type PlanReason,
  type Step,
} from "./plan.ts";
import { type ChangePolicy, policyRefusals } from "./refuse.ts";
import { rollBack } from "./roll-back.ts";
import { startServices, stopServices } from "./services.ts";
import { verify } from "./verify.ts";

export { ChangeFailedError, RefusedError } from "./change-errors.ts";

export interface ReconcileRequest {
  /** project/stack/name of the declaration. */
  readonly key: string;
  readonly desired: DesiredModes;
  readonly reason: PlanReason;
  /** What preview promised. If the host moved on in the meantime, nothing is done. undefined: whatever is needed. */
  readonly promised?: Pick<Plan, "gpus">;
  readonly policy: ChangePolicy;
  /** Called before each step and while long ones run, with one line. */
  readonly progress: (line: string) => void;
}

/** The host after a change (or after none was needed), proved by looking at it. */
export interface Reconciled {
  readonly plan: Plan;
  readonly observation: HostObservation;
}

/**
 * The one flow for every change, create and update alike: lock, observe, refuse early, journal, change step by step,
 * observe again, verify. On failure: stop, roll back, say what is left.
 */
export function reconcile(partitioner: Partitioner, request: ReconcileRequest): Promise<Reconciled> {
  return partitioner.record.locked(async () => {
    const observation = await partitioner.observe();
    const planned = plan({ observation, desired: request.desired, reason: request.reason });
    keepPromise(partitioner.target, request.promised, planned);
    const reasons = [
      ...absentGpus(observation, request.desired),
      ...unfinishedOfOthers(observation, request.key),
      ...policyRefusals(observation, planned, request.policy),
    ];
    if (reasons.length > 0) throw new RefusedError(partitioner.target, reasons);

    const found = observedModes(observation);
    const own = (now: HostRecord): HostRecord =>
      withOwner(now, request.key, [...request.desired.keys()], found);
    if (planned.steps.length === 0) {
      await startLeftOver(partitioner, observation);
      const record = await partitioner.record.update((now) => withoutJournal(own(now)));
      return { plan: planned, observation: { ...observation, record } };
    }
    const journal = openJournal(request, observation, planned);
    await partitioner.record.update((now) => {
      // A model may have been placed since the look: the journal, which stops further ones, is not written over it.
      const late = policyRefusals({ ...observation, record: now }, planned, request.policy);
      if (late.length > 0) throw new RefusedError(partitioner.target, late);
      return withJournal(own(now), journal);
    });
    return change(partitioner, request, { observation, planned, journal });
  });
}

/** A run that died between stopping services and starting them has left their names in its journal. */
const leftOver = (observation: HostObservation): readonly string[] =>
  observation.record.journal?.servicesStopped ?? [];

/**
 * Another declaration's change died half-way: only its own next run knows what it wanted. A host that is as that change
 * wanted it, or as it was before it, has nothing unfinished.
 */
function unfinishedOfOthers(observation: HostObservation, key: string): readonly string[] {
  const { journal } = observation.record;
  if (!journal || journal.key === key) return [];
  const modes = observedModes(observation);
  const isAs = (wanted: Journal["before"]): boolean =>
    Object.entries(wanted).every(([gpu, pair]) => {
      const found = modes.get(gpu);
      return found !== undefined && sameModes(found, pair);
    });
  if (isAs(journal.desired) || isAs(journal.before)) return [];
  return [
    `a change by ${journal.key} stopped half-way on it; run that stack first, which finishes it (or remove "journal" from the host record, if that stack is gone)`,
  ];
}

const MODES_ARE_RIGHT =
  "The modes are as planned. The journal stays on the host; the next run starts the service again.";

async function startLeftOver(partitioner: Partitioner, observation: HostObservation): Promise<void> {
  const complaints = await startServices(partitioner, leftOver(observation));
  if (complaints.length > 0) throw idleServices(partitioner.target, complaints);
}

const idleServices = (target: string, complaints: readonly string[]): ChangeFailedError =>
  new ChangeFailedError(target, new Error(complaints.join("; ")), MODES_ARE_RIGHT, "left");

interface Opened {
  readonly observation: HostObservation;
  readonly planned: Plan;
  readonly journal: Journal;
}

/** From here on the host may be different from before; every way out says what it is now. */
async function change(
  partitioner: Partitioner,
  request: ReconcileRequest,
  opened: Opened,
): Promise<Reconciled> {
  const { observation, planned, journal } = opened;
  const stopped = [...leftOver(observation)];
  const accepted: Step[] = [];
  const note = async (step: number): Promise<void> => {
    const now = { ...journal, step, servicesStopped: [...stopped] };
    await partitioner.record.update((record) => withJournal(record, now));
  };
  let after: HostObservation;
  try {
    await stopServices(partitioner, request.policy.services, (name) => {
      stopped.push(name);
      return note(0);
    });
    const inUse = await waitForHolders(partitioner, planned, request);
    if (inUse.length > 0) throw new RefusedError(partitioner.target, inUse);
    await applyAll(partitioner, planned.steps, accepted, note, request.progress);
    request.progress("verifying");
    after = await partitioner.observe();
    verify(after, finalModes(observation, request.desired));
  } catch (failure) {
    throw await giveUp(partitioner, request, opened, { failure, stopped, accepted });
  }
  const complaints = await startServices(partitioner, stopped);
  if (complaints.length > 0) throw idleServices(partitioner.target, complaints);
  const record = await partitioner.record.update(withoutJournal);
  return { plan: planned, observation: { ...after, record } };
}

interface Failed {
  readonly failure: unknown;
  readonly stopped: readonly string[];
  readonly accepted: readonly Step[];
}

/** Without a connection or the lock nobody knows what the host does, and somebody else may be changing it. */
const isCutOff = (failure: unknown): boolean =>
  failure instanceof ConnectionLostError ||
  failure instanceof HostUnreachableError ||
  failure instanceof HostLockLostError;

/** Back to what was before where that is possible. The journal goes only when the host is proved to be back. */
async function giveUp(
  partitioner: Partitioner,
  request: ReconcileRequest,
  { observation }: Opened,
  { failure, stopped, accepted }: Failed,
): Promise<RefusedError | ChangeFailedError> {
  const { target } = partitioner;
  if (isCutOff(failure)) {
    const left =
      "What was under way may go on without us. The journal stays on the host; the next run finishes.";
    return new ChangeFailedError(target, failure, left, "left");
  }
  const refused = failure instanceof RefusedError ? failure : undefined;
  const { state, sentence } = refused
    ? { state: "rolled-back" as const, sentence: "" }
    : await rollBack(partitioner, observation, accepted, request.progress);
  const complaints = await startServices(partitioner, stopped);
  if (state === "rolled-back" && complaints.length === 0) {
    await partitioner.record.update((now) => forget(now, request.key, observation));
  }
  if (refused)
    return complaints.length === 0 ? refused : new RefusedError(target, [...refused.reasons, ...complaints]);
  const left = [sentence, ...complaints.map((complaint) => `${complaint}.`)].join(" ");
  return new ChangeFailedError(target, failure, left, state);
}

/** A change that did not happen leaves the record as it was: no journal, and no owner that was not there before. */
const forget = (now: HostRecord, key: string, before: HostObservation): HostRecord =>
  withoutJournal(before.record.owners[key] === undefined ? withoutOwner(now, key) : now);

const HOLDER_POLL_MS = 1000;

/** Who still holds a GPU that would change, after the services were stopped and, if so declared, after waiting. */
async function waitForHolders(
  partitioner: Partitioner,
  planned: Plan,
  request: ReconcileRequest,
): Promise<readonly string[]> {
  const until = Date.now() + (request.policy.inUse === "wait" ? request.policy.inUseMs : 0);
  for (;;) {
    const holders = holderRefusals(await partitioner.observe(), planned);
    if (holders.length === 0 || Date.now() >= until) return holders;
    request.progress(`waiting: ${holders.join("; ")}`);
    await new Promise((resolve) => setTimeout(resolve, HOLDER_POLL_MS));
  }
}

const changeLines = (of: Pick<Plan, "gpus">): readonly string[] =>
  of.gpus.map((change) => `${change.gpu} ${change.observed} -> ${change.desired}`);

/** The lines that the others do not have; a host of eight need not be listed twice. */
function listOnly(lines: readonly string[], others: readonly string[]): string {
  const rest = lines.filter((line) => !others.includes(line));
  if (rest.length > 3) return `${rest.slice(0, 3).join(", ")} and ${rest.length - 3} more`;
  return rest.join(", ") || "nothing";
}

function keepPromise(target: string, promised: Pick<Plan, "gpus"> | undefined, planned: Plan): void {
  if (!promised) return;
  const before = changeLines(promised);
  const now = changeLines(planned);
  if (before.join("\n") === now.join("\n")) return;
  throw new RefusedError(target, [
    `it changed since the plan was made (planned: ${listOnly(before, now)}; needed now: ${listOnly(now, before)}); preview again`,
  ]);
}

/** A plan is made of the GPUs that are there: one that is not would count as done. */
function absentGpus(observation: HostObservation, desired: DesiredModes): readonly string[] {
  const present = observedModes(observation);
  const absent = [...desired.keys()].filter((gpu) => !present.has(gpu));
  return absent.length === 0 ? [] : [`${absent.join(", ")} cannot be seen; is the amdgpu driver loaded?`];
}

const openJournal = (request: ReconcileRequest, observation: HostObservation, planned: Plan): Journal => ({
  key: request.key,
  bootId: observation.bootId,
  before: byGpu(observedModes(observation)),
  desired: byGpu(finalModes(observation, request.desired)),
  step: 0,
  steps: planned.steps.map(describeStep),
  servicesStopped: [...leftOver(observation)],
});

const byGpu = (modes: ReadonlyMap<Bdf, ModePair>): Journal["before"] =>
  Object.fromEntries([...modes].map(([gpu, { compute, memory }]) => [gpu, { compute, memory }]));

/** Each step is noted in the journal before it begins, and told to `accepted` when the host has taken it. */
async function applyAll(
  partitioner: Partitioner,
  steps: readonly Step[],
  accepted: Step[],
  note: (step: number) => Promise<void>,
  progress: (line: string) => void,
): Promise<void> {
  for (const [number, step] of steps.entries()) {
    if (number > 0) await note(number);
    // After a reload the driver may have picked the wanted mode by itself.
    const reloaded = accepted.some((one) => one.action === "reloadDriver");
    const needed = reloaded && step.action === "setComputeMode" ? await stillNeeded(partitioner, step) : step;
    if (needed.gpus.length > 0) {
      progress(`step ${number + 1} of ${steps.length}: ${describeStep(needed)}`);
      await partitioner.apply(needed);
    }
    accepted.push(step);
  }
  await note(steps.length);
}

async function stillNeeded(
  partitioner: Partitioner,
  step: Extract<Step, { action: "setComputeMode" }>,
): Promise<Step> {
  const modes = observedModes(await partitioner.observe());
  return { ...step, gpus: step.gpus.filter((gpu) => modes.get(gpu)?.compute !== step.compute) };
}
