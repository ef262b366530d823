import type { OpenHost } from "../access/host.ts";
import { ArgumentError } from "../argument-errors.ts";
import type { HostRecord } from "../host-record/record.ts";
import type { Message } from "../message.ts";
import { declaredPartitions } from "../partitioner/plan/declared.ts";
import { finalModes } from "../partitioner/plan/final-modes.ts";
import { goneReservations } from "../partitioner/plan/gone-reservations.ts";
import { type Plan, plan } from "../partitioner/plan/plan.ts";
import { resolveModes } from "../partitioner/plan/resolve.ts";
import { processWarnings } from "../partitioner/refuse/in-use.ts";
import { refuseMessages } from "../partitioner/refuse/messages.ts";
import { driverWarnings } from "../partitioner/refuse/obstacles.ts";
import { policyOf } from "../partitioner/refuse/policy.ts";
import { policyRefusals } from "../partitioner/refuse/refuse.ts";
import { unfinishedChange, unfinishedOfOthers } from "../partitioner/refuse/unfinished.ts";
import { type LayoutDeclaration, parseDeclaration } from "./declaration.ts";
import { partitionerOf } from "./usable.ts";

export interface PlanOptions {
  /**
   * Who declares this, as "project/stack/name".
   *
   * @default the only owner that the host's record lists; without one, a new owner
   */
  readonly owner?: string | undefined;
}

/** What a change of a host would do, and what speaks against it. */
export interface HostPlan {
  /** Whose change it is, as "project/stack/name"; undefined: a new owner's. */
  readonly owner: string | undefined;
  /** No steps: the host has the declared layout. */
  readonly plan: Plan;
  /** Why the change would not begin; each with what to do. Empty: it would. */
  readonly refusals: readonly Message[];
  /** Whom the change would hurt, and what else to know of it; one sentence each. */
  readonly warnings: readonly string[];
}

/** A key that no stack has: neither part may be empty in a real one of Pulumi. */
const NEW_OWNER = "-/-/new";

/** @throws ArgumentError, HostUnusableError */
export async function planHost(
  host: OpenHost,
  declaration: LayoutDeclaration,
  { owner: wanted }: PlanOptions = {},
): Promise<HostPlan> {
  const partitioner = partitionerOf(host);
  const early = parseDeclaration(declaration, { owner: wanted ?? NEW_OWNER });
  const observation = await partitioner.observe();
  const owner = wanted ?? onlyOwner(observation.record);
  const args = owner === undefined ? early : parseDeclaration(declaration, { owner });
  const { key } = args.identity;
  const resolution = resolveModes(
    { desired: declaredPartitions(args), before: new Map(), declared: "changed" },
    observation,
  );
  if (!resolution.ok)
    throw new ArgumentError(resolution.problems.map(({ path, message }) => `${path} ${message}`));
  const reason = observation.record.owners[key] === undefined ? "not yet created" : "drift";
  const planned = plan({ observation, desired: resolution.present, reason });
  const policy = policyOf(args);
  const { unchangeable } = partitioner;
  return {
    owner,
    plan: planned,
    refusals: [
      ...(planned.steps.length > 0 && unchangeable !== undefined
        ? [refuseMessages["modes-unchangeable"]({ reason: unchangeable })]
        : []),
      ...unfinishedOfOthers(observation, key),
      ...policyRefusals(observation, planned, policy),
    ],
    warnings: [
      ...host.problems,
      ...resolution.warnings,
      ...[
        ...processWarnings(observation, planned, policy),
        ...driverWarnings(observation, planned),
        ...unfinishedChange(observation, key),
      ].map(({ text }) => text),
      ...goneReservations(observation, finalModes(observation, resolution.present)),
    ],
  };
}

function onlyOwner({ owners }: HostRecord): string | undefined {
  const [first, ...others] = Object.keys(owners);
  return others.length === 0 ? first : undefined;
}
