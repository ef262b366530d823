import type { OpenHost } from "../../access/host.ts";
import { type Message } from "../../message.ts";
import { allocationNews } from "../../partitioner/plan/allocation-news.ts";
import { finalModes } from "../../partitioner/plan/final-modes.ts";
import { goneReservations } from "../../partitioner/plan/gone-reservations.ts";
import { plan } from "../../partitioner/plan/plan.ts";
import { processWarnings } from "../../partitioner/refuse/in-use.ts";
import { driverWarnings } from "../../partitioner/refuse/obstacles.ts";
import { policyOf } from "../../partitioner/refuse/policy.ts";
import { policyRefusals } from "../../partitioner/refuse/refuse.ts";
import { unfinishedChange, unfinishedOfOthers } from "../../partitioner/refuse/unfinished.ts";
import type { Identity, PartitionArgs } from "../../schema/partition.ts";
import { sameValue } from "../../wire/unknowns.ts";
import { info, type Note, warning } from "../checked.ts";
import { viewOf } from "../host-view.ts";
import type { Operation } from "../operation/operation.ts";
import type { Computed, PartitionState } from "../state/partition-state.ts";
import { adopted, settledIdentity } from "./adopt.ts";
import { bootMessages, observedAtBoot } from "./at-boot.ts";
import { hasModes, isInSync, partitionFields } from "./fields.ts";
import { isAsImported } from "./imported.ts";
import { partitionMessages as say } from "./messages.ts";
import { accessName, reasonOf } from "./request.ts";
import { resolutionOf, statusFields, withReason } from "./resolution.ts";

interface Planned {
  readonly identity: Identity;
  readonly computed: Partial<Computed>;
  readonly failures: readonly Message[];
  readonly notes: readonly Note[];
}

const note = (text: string): Message => say["host-note"]({ note: text });

/** Everything `check` has to say about a host that was observed. */
export function planOn(
  operation: Operation,
  found: OpenHost,
  given: PartitionArgs,
  before: PartitionState,
): Planned {
  const refused = (...failures: readonly Message[]): Planned => ({
    identity: given.identity,
    computed: {},
    failures,
    notes: found.problems.map((problem) => warning(note(problem))),
  });
  const { capability } = found;
  const unchangeable = (): Planned =>
    refused(
      say["cannot-be-partitioned"]({
        host: accessName(given),
        reason: capability.reason,
        ...(wasSimulated(given, before) && { simulated: "before" }),
      }),
    );
  if (!found.partitioner) return unchangeable();
  const assignment = resolutionOf(given, before, found.observation);
  if (!assignment.ok)
    return refused(
      ...assignment.problems.map(({ path, message }) => say["declaration"]({ path, problem: message })),
    );
  const desired = assignment.modes;
  const args = { ...given, identity: adopted(found.observation.record, given.identity, desired, before) };
  const { key } = args.identity;
  const { observation } = viewOf(args.identity, found);
  const layoutBefore = before.computed.layout ?? operation.declarations.layoutBefore(key);
  const reason = reasonOf(layoutBefore, desired);
  const planned = withReason(plan({ observation, desired: assignment.present, reason }), assignment);
  if (found.partitioner.unchangeable !== undefined && planned.steps.length > 0) return unchangeable();
  const policy = policyOf(args);
  // While another change is half-way, its GPUs say nothing of how they will be; the update waits for it, and then decides.
  const isOpen = unfinishedOfOthers(observation, key).length > 0;
  const refusals = isOpen ? [] : policyRefusals(observation, planned, policy);
  if (refusals.length > 0) return refused(...refusals);
  operation.declarations.note(key, {
    state: "planned",
    plan: planned,
    hostId: observation.hostId,
    layoutBefore,
    vanishing: new Set(reason === "drift" ? [] : planned.blastRadius.gpus),
  });
  const inPlace = hasModes(observation, assignment.present, key);
  const inSync =
    (inPlace && isAsImported(before)) ||
    isInSync(observation, { declared: desired, present: assignment.present }, key, found.partitioner);
  const revision = (before.computed.plan?.revision ?? 0) + 1;
  const fields = partitionFields(capability, observation, desired, { ...planned, revision });
  const { observed, plan: lastPlan, status, layout } = before.computed;
  // An unchanged host keeps the plan that made it what it is; a new empty one would be a difference about nothing.
  const isKnown =
    assignment.absent.length === 0
      ? status !== "Drifted"
      : status === "Drifted" && lastPlan?.reason === planned.reason && sameValue(observed, fields.observed);
  const keepsHistory = inSync && lastPlan !== undefined && isKnown && sameValue(layout, fields.layout);
  const boot = observedAtBoot(observation, found.partitioner, args, desired);
  return {
    identity: settledIdentity(found.observation.record, args.identity),
    computed: {
      ...fields,
      ...(keepsHistory && { plan: lastPlan, ...(observed && { observed }) }),
      ...(inPlace && statusFields(observation, assignment)),
      ...(boot && { atBoot: boot }),
    },
    failures: [],
    notes: [
      ...(capability.level === "SIMULATION" && args.mode === "auto" && isAboutHost(args)
        ? [warning(say["simulated-instead"]({ reason: capability.reason }))]
        : []),
      ...(capability.level === "REAL_PARTITIONING" && wasSimulated(given, before)
        ? [warning(say["simulated-before"]({ reason: capability.reason }))]
        : []),
      ...[...found.problems, ...assignment.warnings].map((text) => warning(note(text))),
      ...[
        ...processWarnings(observation, planned, policy),
        ...driverWarnings(observation, planned),
        ...unfinishedChange(observation, key),
      ].map(warning),
      ...goneReservations(observation, finalModes(observation, desired)).map((text) => warning(note(text))),
      ...(planned.steps.length > 0 ? [info(say["plan"]({ plan: planned }))] : []),
      ...(inPlace && !inSync && layout !== undefined ? [info(say["host-record-repair"]({ key }))] : []),
      ...bootMessages(boot, observation, args, planned.steps.length > 0 ? reason : "none").map(info),
      ...allocationNews(observation, planned).map((text) => info(note(text))),
    ],
  };
}

const wasSimulated = ({ mode }: PartitionArgs, { computed }: PartitionState): boolean =>
  mode === "auto" && computed.capability?.level === "SIMULATION";

const isAboutHost = (args: PartitionArgs): boolean =>
  args.connection !== undefined || args.local !== undefined;
