import { RefusedError, ChangeFailedError } from "../../change-errors.ts";
import type { HostObservation } from "../../detection/observation.ts";
import { CommandTimeoutError, ConnectionLostError } from "../../errors.ts";
import { withJournal, withoutJournal, withOwner } from "../../host-record/changes.ts";
import type { HostRecord, Journal } from "../../host-record/record.ts";
import type { Message } from "../../message.ts";
import type { Bdf } from "../../topology/layout.ts";
import type { ModePair } from "../../topology/modes.ts";
import type { Partitioner, Progress } from "../partitioner.ts";
import { finalModes } from "../plan/final-modes.ts";
import { modesBefore, observedModes } from "../plan/host-modes.ts";
import { plan, type Plan } from "../plan/plan.ts";
import { describeStep, type Step } from "../plan/step.ts";
import { policyRefusals } from "../refuse/refuse.ts";
import { absentGpus, leftOver, unfinishedOfOthers } from "../refuse/unfinished.ts";
import { type Failed, abortChange } from "./abort-change.ts";
import { assertPlanUnchanged } from "./assert-plan-unchanged.ts";
import { assertTime } from "./assert-time.ts";
import { ensureDriverLoaded } from "./ensure-driver-loaded.ts";
import { withProcesses } from "./name-processes.ts";
import type { Reconciled, ReconcileRequest } from "./request.ts";
import { startServices, stopServices } from "./services.ts";
import { takeAsItIs } from "./take-as-it-is.ts";
import { verify } from "./verify.ts";
import { waitUntilIdle } from "./wait-until-idle.ts";

export type { Reconciled, ReconcileRequest } from "./request.ts";

/**
 * The one flow for every change, create and update alike: lock, observe, refuse early, journal, change step by step,
 * observe again, verify. On failure: stop, roll back, say what is left.
 */
export async function reconcile(host: Partitioner, request: ReconcileRequest): Promise<Reconciled> {
  const { bound = {} } = request;
  assertTime(host.target, bound);
  const partitioner = host.within(bound);
  if (partitioner.unchangeable !== undefined)
    return takeAsItIs(partitioner, request, partitioner.unchangeable);
  return partitioner.record.locked(async () => {
    const observation = await ensureDriverLoaded(partitioner, request.key, request.progress, bound);
    // Before the comparison with the plan: another change that stopped half-way is the reason why the host differs from it.
    refuseFor(partitioner, unfinishedOfOthers(observation, request.key));
    const planned = plan({ observation, desired: request.desired, reason: request.reason });
    assertPlanUnchanged(partitioner.target, request.previewed, planned);
    refuseFor(partitioner, [
      ...absentGpus(observation, request.desired),
      ...policyRefusals(observation, planned, request.policy),
    ]);

    const found = observedModes(observation);
    const own = (now: HostRecord): HostRecord =>
      withOwner(now, request.key, request.owned ?? [...request.desired.keys()], found);
    assertTime(host.target, bound);
    if (planned.steps.length === 0) {
      await startLeftOver(host, observation, request.progress);
      const record = await host.record.update((now) => inPlace(own(now), observation));
      return { plan: planned, observation: { ...observation, record } };
    }
    const journal = openJournal(request, observation, planned);
    const opened: Opened = { host, observation, planned, journal };
    try {
      await host.record.update((now) => {
        // A model may have been placed since the observation: the journal, which stops further ones, is not written over it.
        const late = policyRefusals({ ...observation, record: now }, planned, request.policy);
        if (late.length > 0) throw new RefusedError(partitioner.target, late);
        return withJournal(own(now), journal);
      });
    } catch (failure) {
      if (!isUnknown(failure)) throw failure;
      throw await giveUpOn(opened, request, { failure, stopped: [], accepted: [] });
    }
    return change(partitioner, request, opened);
  }, bound);
}

function refuseFor({ target }: Partitioner, reasons: readonly Message[]): void {
  if (reasons.length > 0) throw new RefusedError(target, reasons);
}

/** Whether the command took effect nobody knows: the journal may be on the host. */
const isUnknown = (failure: unknown): boolean =>
  failure instanceof CommandTimeoutError || failure instanceof ConnectionLostError;

const inPlace = (now: HostRecord, { bootId }: HostObservation): HostRecord => ({
  ...withoutJournal(now),
  bootId,
});

const MODES_ARE_RIGHT =
  "The modes match the plan. The journal stays on the host; the next update starts the service again.";

async function startLeftOver(
  partitioner: Partitioner,
  observation: HostObservation,
  progress: Progress,
): Promise<void> {
  const complaints = await startServices(partitioner, leftOver(observation), progress);
  if (complaints.length > 0) throw idleServices(partitioner.target, complaints);
}

const idleServices = (target: string, complaints: readonly string[]): ChangeFailedError =>
  new ChangeFailedError(target, new Error(complaints.join("; ")), MODES_ARE_RIGHT, "left");

interface Opened {
  /** Without the bound of the request: for what must come to its end. */
  readonly host: Partitioner;
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
  const { host, observation, planned, journal } = opened;
  const { bound = {} } = request;
  const stopped = [...leftOver(observation)];
  const accepted: Step[] = [];
  const note = async (step: number): Promise<void> => {
    const now = { ...journal, step, servicesStopped: [...stopped] };
    await host.record.update((record) => withJournal(record, now));
  };
  let after: HostObservation;
  try {
    await stopServices(
      partitioner,
      request.policy.services,
      (name) => {
        stopped.push(name);
        return note(0);
      },
      request.progress,
    );
    const inUse = await waitUntilIdle(partitioner, planned, request.policy, request.progress, bound);
    if (inUse.length > 0) throw new RefusedError(partitioner.target, inUse);
    await applyAll(partitioner, planned.steps, accepted, note, request);
    request.progress("verifying");
    // All is done: a bound that is over by now takes nothing back.
    after = await host.observe();
    verify(after, finalModes(observation, request.desired));
  } catch (failure) {
    const named = await withProcesses(host, planned, failure);
    throw await giveUpOn(opened, request, { failure: named, stopped, accepted });
  }
  const complaints = await startServices(host, stopped, request.progress);
  if (complaints.length > 0) throw idleServices(partitioner.target, complaints);
  try {
    const record = await host.record.update((now) => inPlace(now, after));
    return { plan: planned, observation: { ...after, record } };
  } catch (failure) {
    const left = "The modes match the plan. The journal stays on the host; the next update removes it.";
    throw new ChangeFailedError(partitioner.target, failure, left, "left");
  }
}

const giveUpOn = (
  { host, journal, observation }: Opened,
  { progress }: ReconcileRequest,
  failed: Pick<Failed, "failure" | "stopped" | "accepted">,
): Promise<Error> => abortChange(host, { ...failed, journal, before: observation, progress });

const openJournal = (request: ReconcileRequest, observation: HostObservation, planned: Plan): Journal => ({
  key: request.key,
  bootId: observation.bootId,
  before: byGpu(modesBefore(observation)),
  desired: byGpu(finalModes(observation, request.desired)),
  wasOwner:
    leftJournal(observation, request.key)?.wasOwner ?? observation.record.owners[request.key] !== undefined,
  step: 0,
  steps: planned.steps.map(describeStep),
  servicesStopped: [...leftOver(observation)],
});

const leftJournal = ({ record: { journal } }: HostObservation, key: string): Journal | undefined =>
  journal?.key === key ? journal : undefined;

const byGpu = (modes: ReadonlyMap<Bdf, ModePair>): Journal["before"] =>
  Object.fromEntries([...modes].map(([gpu, { compute, memory }]) => [gpu, { compute, memory }]));

/** Each step is noted in the journal before it begins, and told to `accepted` when the host has taken it. */
async function applyAll(
  partitioner: Partitioner,
  steps: readonly Step[],
  accepted: Step[],
  note: (step: number) => Promise<void>,
  { progress, bound = {} }: ReconcileRequest,
): Promise<void> {
  for (const [number, step] of steps.entries()) {
    assertTime(partitioner.target, bound);
    if (number > 0) await note(number);
    // After a reload the driver may have picked the wanted mode by itself.
    const reloaded = accepted.some((one) => one.action === "reloadDriver");
    const needed = reloaded && step.action === "setComputeMode" ? await stillNeeded(partitioner, step) : step;
    if (needed.gpus.length > 0) {
      progress(`step ${number + 1} of ${steps.length}: ${describeStep(needed)}`);
      await partitioner.apply(needed, progress);
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
