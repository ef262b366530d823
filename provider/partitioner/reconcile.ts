import { type HostObservation, partitionableGpus } from "../detection/observation.ts";
import { withJournal, withoutJournal, withOwner, withoutOwner } from "../host-record/changes.ts";
import type { HostRecord, Journal } from "../host-record/record.ts";
import { type Bdf, deviceId } from "../topology/layout.ts";
import { formatModes, type ModePair, sameModes } from "../topology/modes.ts";
import type { DesiredModes } from "./desired.ts";
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
import { type ChangePolicy, holderRefusals, policyRefusals } from "./refuse.ts";

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

/** Nothing was changed: the reasons are on the host, and each says what to do. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly reasons: readonly string[];
  constructor(target: string, reasons: readonly string[]) {
    super(`${target} was left as it is: ${reasons.join("; ")}`);
    this.reasons = reasons;
  }
}

/** A change stopped half-way. `rolledBack` says whether the host is what it was before. */
export class ChangeFailedError extends Error {
  override readonly name = "ChangeFailedError";
  readonly rolledBack: boolean;
  constructor(
    target: string,
    failure: unknown,
    left: string,
    state: "rolled-back" | "left",
    options?: ErrorOptions,
  ) {
    super(`changing ${target} failed: ${(failure as Error).message}. ${left}`, options);
    this.rolledBack = state === "rolled-back";
  }
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
    const reasons = policyRefusals(observation, planned, request.policy);
    if (reasons.length > 0) throw new RefusedError(partitioner.target, reasons);

    const found = declaredModes(observation, request.desired);
    if (planned.steps.length === 0) {
      const record = await partitioner.record.update((now) =>
        withoutJournal(withOwner(now, request.key, found)),
      );
      return { plan: planned, observation: { ...observation, record } };
    }
    const journal = openJournal(request, observation, planned);
    await partitioner.record.update((now) => withJournal(withOwner(now, request.key, found), journal));
    return change(partitioner, request, observation, planned, journal);
  });
}

/** From here on the host may be different from before; every way out says what it is now. */
async function change(
  partitioner: Partitioner,
  request: ReconcileRequest,
  observation: HostObservation,
  planned: Plan,
  opened: Journal,
): Promise<Reconciled> {
  const target = finalModes(observation, request.desired);
  const stopped: string[] = [];
  const journal = (): Journal => ({ ...opened, servicesStopped: [...stopped] });
  try {
    for (const name of request.policy.services) {
      if (await partitioner.stopService(name)) stopped.push(name);
    }
    if (stopped.length > 0) await partitioner.record.update((now) => withJournal(now, journal()));
    const inUse = await waitForHolders(partitioner, planned, request);
    if (inUse.length > 0) {
      await partitioner.record.update((now) => forget(now, request.key, observation));
      throw new RefusedError(partitioner.target, inUse);
    }
    const after = await applyAndVerify(partitioner, planned.steps, target, journal(), request.progress);
    const record = await partitioner.record.update(withoutJournal);
    return { plan: planned, observation: { ...after, record } };
  } catch (failure) {
    throw failure instanceof RefusedError
      ? failure
      : await rollBack(partitioner, request, observation, failure);
  } finally {
    await startAll(partitioner, stopped);
  }
}

/** Exactly those that were stopped, the last first; all are tried. */
async function startAll(partitioner: Partitioner, names: readonly string[]): Promise<void> {
  const failures: unknown[] = [];
  for (const name of names.toReversed())
    await partitioner.startService(name).catch((error: unknown) => failures.push(error));
  if (failures.length > 0)
    throw new AggregateError(failures, failures.map((error) => (error as Error).message).join("; "));
}

/** A refused change leaves the record as it was: no journal, and no owner that was not there before. */
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

const declaredModes = (observation: HostObservation, desired: DesiredModes): ReadonlyMap<Bdf, ModePair> =>
  new Map([...observedModes(observation)].filter(([gpu]) => desired.has(gpu)));

const openJournal = (request: ReconcileRequest, observation: HostObservation, planned: Plan): Journal => ({
  key: request.key,
  bootId: observation.bootId,
  before: byGpu(observedModes(observation)),
  desired: byGpu(finalModes(observation, request.desired)),
  step: 0,
  steps: planned.steps.map(describeStep),
});

const byGpu = (modes: ReadonlyMap<Bdf, ModePair>): Journal["before"] =>
  Object.fromEntries([...modes].map(([gpu, { compute, memory }]) => [gpu, { compute, memory }]));

async function applyAndVerify(
  partitioner: Partitioner,
  steps: readonly Step[],
  target: ReadonlyMap<Bdf, ModePair>,
  journal: Journal,
  progress: (line: string) => void,
): Promise<HostObservation> {
  let reloaded = false;
  for (const [number, step] of steps.entries()) {
    if (number > 0) await partitioner.record.update((now) => withJournal(now, { ...journal, step: number }));
    // After a reload the driver may have picked the wanted mode by itself.
    const needed = reloaded && step.action === "setComputeMode" ? await stillNeeded(partitioner, step) : step;
    if (needed.gpus.length > 0) {
      progress(`step ${number + 1} of ${steps.length}: ${describeStep(needed)}`);
      await partitioner.apply(needed);
    }
    reloaded ||= step.action === "reloadDriver";
  }
  progress("verifying");
  const after = await partitioner.observe();
  verify(after, target);
  return after;
}

async function stillNeeded(
  partitioner: Partitioner,
  step: Extract<Step, { action: "setComputeMode" }>,
): Promise<Step> {
  const modes = observedModes(await partitioner.observe());
  return { ...step, gpus: step.gpus.filter((gpu) => modes.get(gpu)?.compute !== step.compute) };
}

/** Modes, device count and render nodes, as the host itself reports them. @throws Error naming every difference */
export function verify(observation: HostObservation, target: ReadonlyMap<Bdf, ModePair>): void {
  const modes = observedModes(observation);
  const wrong: string[] = [];
  for (const [gpu, wanted] of target) {
    const now = modes.get(gpu);
    if (!now || !sameModes(now, wanted)) {
      wrong.push(`${gpu} is ${now ? formatModes(now) : "absent"} instead of ${formatModes(wanted)}`);
      continue;
    }
    const expected =
      partitionableGpus(observation).find((one) => one.gpu === gpu)?.devicesByMode[wanted.compute] ?? 0;
    const devices = observation.devices.filter((device) => device.gpu === gpu);
    const ids = new Set(devices.map((device) => device.id));
    const missing = Array.from({ length: expected }, (_, number) => deviceId(gpu, number)).filter(
      (id) => !ids.has(id),
    );
    if (missing.length > 0)
      wrong.push(`${gpu} has ${devices.length} of ${expected} devices (${missing.join(", ")} missing)`);
    const blind = devices.filter((device) => device.renderNode === undefined).map((device) => device.id);
    if (blind.length > 0)
      wrong.push(`${blind.join(", ")} ${blind.length === 1 ? "has" : "have"} no render node`);
  }
  if (wrong.length > 0) throw new Error(`the host is not as planned: ${wrong.join("; ")}`);
}

/** Memory first, then compute, back to what was found. The journal goes only when the host is proved to be back. */
async function rollBack(
  partitioner: Partitioner,
  request: ReconcileRequest,
  before: HostObservation,
  failure: unknown,
): Promise<ChangeFailedError> {
  const { target } = partitioner;
  try {
    const now = await partitioner.observe();
    const back = observedModes(before);
    const steps = plan({ observation: now, desired: back, reason: "restore" }).steps;
    request.progress(`failed; rolling back in ${steps.length} steps`);
    for (const step of steps) await partitioner.apply(step);
    verify(await partitioner.observe(), back);
    await partitioner.record.update(withoutJournal);
    return new ChangeFailedError(
      target,
      failure,
      "It was rolled back and is as it was before.",
      "rolled-back",
      { cause: failure },
    );
  } catch (second) {
    const left = `Rolling back failed too: ${(second as Error).message}. The journal stays on the host; the next run finishes or rolls back.`;
    return new ChangeFailedError(target, failure, left, "left", { cause: failure });
  }
}
