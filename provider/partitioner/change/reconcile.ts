import type { HostObservation } from "../../detection/observation.ts";
import { withJournal, withoutJournal, withOwner } from "../../host-record/changes.ts";
import type { HostRecord, Journal } from "../../host-record/record.ts";
import type { Bdf } from "../../topology/layout.ts";
import type { ModePair } from "../../topology/modes.ts";
import type { Partitioner, Progress } from "../partitioner.ts";
import { finalModes } from "../plan/final-modes.ts";
import { modesBefore, observedModes } from "../plan/host-modes.ts";
import { plan, type Plan } from "../plan/plan.ts";
import { describeStep, type Step } from "../plan/step.ts";
import { policyRefusals } from "../refuse/refuse.ts";
import { absentGpus, leftOver, unfinishedOfOthers } from "../refuse/unfinished.ts";
import { ChangeFailedError, RefusedError } from "./change-errors.ts";
import { giveUp } from "./give-up.ts";
import { keepPromise } from "./keep-promise.ts";
import { withProcesses } from "./name-processes.ts";
import type { Reconciled, ReconcileRequest } from "./request.ts";
import { startServices, stopServices } from "./services.ts";
import { takeAsItIs } from "./take-as-it-is.ts";
import { verify } from "./verify.ts";
import { waitForHolders } from "./wait-for-holders.ts";
import { withDriver } from "./with-driver.ts";

export { ChangeFailedError, RefusedError } from "./change-errors.ts";
export type { Reconciled, ReconcileRequest } from "./request.ts";

/**
 * The one flow for every change, create and update alike: lock, observe, refuse early, journal, change step by step,
 * observe again, verify. On failure: stop, roll back, say what is left.
 */
export function reconcile(partitioner: Partitioner, request: ReconcileRequest): Promise<Reconciled> {
  if (partitioner.unchangeable !== undefined)
    return takeAsItIs(partitioner, request, partitioner.unchangeable);
  return partitioner.record.locked(async () => {
    const observation = await withDriver(partitioner, request.key, request.progress);
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
      withOwner(now, request.key, request.owned ?? [...request.desired.keys()], found);
    if (planned.steps.length === 0) {
      await startLeftOver(partitioner, observation, request.progress);
      const record = await partitioner.record.update((now) => inPlace(own(now), observation));
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

const inPlace = (now: HostRecord, { bootId }: HostObservation): HostRecord => ({
  ...withoutJournal(now),
  bootId,
});

const MODES_ARE_RIGHT =
  "The modes are as planned. The journal stays on the host; the next run starts the service again.";

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
    await stopServices(
      partitioner,
      request.policy.services,
      (name) => {
        stopped.push(name);
        return note(0);
      },
      request.progress,
    );
    const inUse = await waitForHolders(partitioner, planned, request.policy, request.progress);
    if (inUse.length > 0) throw new RefusedError(partitioner.target, inUse);
    await applyAll(partitioner, planned.steps, accepted, note, request.progress);
    request.progress("verifying");
    after = await partitioner.observe();
    verify(after, finalModes(observation, request.desired));
  } catch (failure) {
    throw await giveUp(partitioner, {
      journal,
      before: observation,
      failure: await withProcesses(partitioner, planned, failure),
      stopped,
      accepted,
      progress: request.progress,
    });
  }
  const complaints = await startServices(partitioner, stopped, request.progress);
  if (complaints.length > 0) throw idleServices(partitioner.target, complaints);
  try {
    const record = await partitioner.record.update((now) => inPlace(now, after));
    return { plan: planned, observation: { ...after, record } };
  } catch (failure) {
    const left = "The modes are as planned. The journal stays on the host; the next run removes it.";
    throw new ChangeFailedError(partitioner.target, failure, left, "left");
  }
}

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
  progress: Progress,
): Promise<void> {
  for (const [number, step] of steps.entries()) {
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
