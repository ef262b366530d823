import type { HostObservation } from "../detection/observation.ts";
import { withoutOwner } from "../host-record/changes.ts";
import { declaredPartitions } from "../partitioner/declared.ts";
import { assignModes, type DesiredModes } from "../partitioner/desired.ts";
import type { Partitioner } from "../partitioner/partitioner.ts";
import { describeStep, plan, type Plan, type PlanReason } from "../partitioner/plan.ts";
import { reconcile } from "../partitioner/reconcile.ts";
import { holderRefusals, policyRefusals } from "../partitioner/refuse.ts";
import type { HostAccessArgs } from "../schema/allocation.ts";
import { type PartitionArgs, partitionArgsSchema } from "../schema/partition.ts";
import { formatModes, parseComputeMode, parseMemoryMode } from "../topology/modes.ts";
import { accessOf } from "./access-of.ts";
import { logOn } from "./engine-log.ts";
import { changeFailure, withoutStacks } from "./failing.ts";
import { type CheckOutcome, fresh, type Handler, only, type Properties, without } from "./handler.ts";
import { parseHint } from "./hint.ts";
import type { OpenHost } from "./host-access.ts";
import {
  endReplacement,
  hostOf,
  isReplacing,
  noteDeclared,
  noteReplacement,
  refreshHost,
} from "./operation.ts";
import { partitionDiff } from "./partition-diff.ts";
import { COMPUTED_KEYS, isSettled, partitionFields, settledFields } from "./partition-fields.ts";
import { HintedFailureError, reachedOrNot } from "./reachable.ts";
import { sameValue } from "./unknowns.ts";
import { failure, validate } from "./validate.ts";

/** The keys that say how to partition; everything else says how to get there. */
const DECLARATION_KEYS = [
  "computePartition",
  "memoryPartition",
  "profiles",
  "skippedGPUs",
  "gpu-config-profiles",
  "gpuConfigProfile",
];

async function check(olds: Properties, news: Properties): Promise<CheckOutcome> {
  const given = without(news, [...COMPUTED_KEYS, "observation", "__provider"]);
  const provider = only(news, ["__provider"]);
  const validated = validate(partitionArgsSchema, given);
  const key = identityKey(news);
  if (validated.state === "wrong") return { inputs: { ...given, ...provider }, failures: validated.failures };
  if (validated.state === "unknown") {
    noteDeclared(key, "unknown");
    return { inputs: { ...given, ...provider } };
  }
  const { args } = validated;
  const log = logOn(args.identity.urn);
  const host = await reachedOrNot(() => hostWithHint(accessOf(args), news["observation"]));
  if (!host.reached) {
    if (host.mistake) return { inputs: { ...fresh(args), ...provider }, failures: [failure(host.reason)] };
    const unchanged = DECLARATION_KEYS.every((one) => sameValue(olds[one], given[one]));
    log(
      "warning",
      `${host.reason}; ${unchanged && olds["layout"] ? "keeping what is known from before" : "the plan is made when it answers"}`,
    );
    noteDeclared(key, "unknown");
    return { inputs: { ...fresh(args), ...(unchanged ? only(olds, COMPUTED_KEYS) : {}), ...provider } };
  }
  const outcome = planOn(host.value, args, olds);
  for (const warning of outcome.warnings) log("warning", warning);
  if (outcome.failures.length > 0) {
    return { inputs: { ...fresh(args), ...provider }, failures: outcome.failures.map(failure) };
  }
  if (outcome.news.length > 0) log("info", outcome.news.join("\n"));
  return { inputs: { ...fresh({ ...args, ...outcome.fields }), ...provider } };
}

const identityKey = (news: Properties): string =>
  (news["identity"] as { key?: string } | undefined)?.key ?? "";

async function hostWithHint(access: HostAccessArgs, hint: unknown): Promise<OpenHost> {
  const parsed = parseHint(hint);
  if (parsed && "failure" in parsed)
    throw new HintedFailureError(parsed.failure, parsed.mistake ? "mistake" : "unreachable");
  return hostOf(access, parsed?.observation);
}

interface Planned {
  readonly fields: object;
  readonly failures: readonly string[];
  readonly warnings: readonly string[];
  /** Lines that tell what would be done. */
  readonly news: readonly string[];
}

/** Everything `check` has to say about a host that was looked at. */
function planOn(host: OpenHost, args: PartitionArgs, olds: Properties): Planned {
  const { capability, observation, partitioner } = host;
  const nothing = { fields: {}, warnings: host.problems, news: [] };
  if (!partitioner)
    return { ...nothing, failures: [`${accessName(args)} cannot be partitioned: ${capability.reason}`] };
  const assignment = assignModes(declaredPartitions(args), observation);
  if (!assignment.ok) {
    return {
      ...nothing,
      failures: assignment.problems.map((problem) => `${problem.path} ${problem.message}`),
    };
  }
  const desired = assignment.modes;
  const reason = reasonOf(args.identity.key, olds, desired);
  const fresh = plan({ observation, desired, reason });
  const refused = policyRefusals(observation, fresh, policyOf(args));
  if (refused.length > 0) return { ...nothing, failures: refused };
  noteDeclared(args.identity.key, {
    plan: fresh,
    hostId: observation.hostId,
    vanishing: new Set(reason === "drift" ? [] : fresh.blastRadius.gpus),
  });
  const settled = isSettled(observation, desired);
  const fields = partitionFields(capability, observation, desired, fresh);
  return {
    fields: {
      ...fields,
      // An unchanged host keeps the plan that made it what it is; a new empty one would be a difference about nothing.
      ...(settled && keepsHistory(olds, fields.layout) ? only(olds, ["observed", "plan"]) : {}),
      ...(settled ? settledFields(observation, desired) : {}),
    },
    failures: [],
    warnings: [
      ...(capability.level === "SIMULATION" && args.mode === "auto" && isAboutHost(args)
        ? [`SIMULATION: ${capability.reason}`]
        : []),
      ...host.problems,
      ...assignment.warnings,
      ...(fresh.steps.length > 0 && args.inUse === "refuse" ? holderRefusals(observation, fresh) : []),
      ...journalWarning(observation),
    ],
    news: tell(fresh),
  };
}

/** The plan in lines: why, each GPU, each step, and whom it hurts. */
const tell = (planned: Plan): readonly string[] =>
  planned.steps.length === 0
    ? []
    : [
        planned.reason,
        ...planned.gpus.map((change) => `GPU ${change.gpu}: ${change.summary}`),
        ...planned.steps.map((step, number) => `step ${number + 1}: ${describeStep(step)}`),
        planned.blastRadius.summary,
      ];

const isAboutHost = (args: PartitionArgs): boolean =>
  args.connection !== undefined || args.local !== undefined;

const accessName = (args: PartitionArgs): string =>
  args.connection ? `host ${args.connection.host}` : "this machine";

const keepsHistory = (olds: Properties, layout: object): boolean =>
  olds["plan"] !== undefined && olds["status"] !== "Drifted" && sameValue(olds["layout"], layout);

function reasonOf(key: string, olds: Properties, desired: DesiredModes): PlanReason {
  // The second check of a replacement is given no old inputs.
  if (olds["layout"] === undefined) return isReplacing(key) ? "desired layout changed" : "not yet created";
  const layout = Object.fromEntries([...desired].map(([gpu, pair]) => [gpu, formatModes(pair)]));
  return sameValue(olds["layout"], layout) ? "drift" : "desired layout changed";
}

function journalWarning(observation: HostObservation): readonly string[] {
  const { journal } = observation.record;
  if (!journal) return [];
  const step = journal.steps[journal.step] ?? "verification";
  const rebooted = journal.bootId === observation.bootId ? "" : ", and the host was rebooted since";
  return [
    `a change by ${journal.key} stopped at "${step}" (${journal.step + 1} of ${journal.steps.length})${rebooted}; this run finishes it`,
  ];
}

const policyOf = (args: PartitionArgs) => ({
  driverReload: args.driverReload,
  ownPrefix: `${args.identity.key.split("/").slice(0, 2).join("/")}/`,
  inUse: args.inUse,
  inUseMs: args.timeouts.inUse * 1000,
  services: args.gpuClientSystemdServices.names,
});

const parseArgs = (properties: Properties): PartitionArgs =>
  partitionArgsSchema.parse(without(properties, [...COMPUTED_KEYS, "__provider"]));

function partitionerOf(host: OpenHost, args: PartitionArgs): Partitioner {
  if (!host.partitioner)
    throw new Error(`${accessName(args)} cannot be partitioned: ${host.capability.reason}`);
  return host.partitioner;
}

const NOTHING: Pick<Plan, "gpus"> = { gpus: [] };

/** Create and update are one: what counts is the host, not what is remembered of it. */
async function settle(
  id: string | undefined,
  olds: Properties,
  inputs: Properties,
): Promise<{ id: string; outs: Record<string, unknown> }> {
  const args = parseArgs(inputs);
  const access = accessOf(args);
  const host = await hostOf(access);
  const partitioner = partitionerOf(host, args);
  const assignment = assignModes(declaredPartitions(args), host.observation);
  if (!assignment.ok)
    throw new Error(assignment.problems.map((problem) => `${problem.path} ${problem.message}`).join("; "));
  const newId = id ?? `${host.observation.hostId}/${args.identity.key}`;
  const log = logOn(args.identity.urn);
  // A check that kept the plan of the last change promises that nothing is to be done now.
  const promised = inputs["status"] === "Success" ? NOTHING : (inputs["plan"] as Plan | undefined);
  try {
    const done = await reconcile(partitioner, {
      key: args.identity.key,
      desired: assignment.modes,
      reason: reasonOf(args.identity.key, olds, assignment.modes),
      ...(promised ? { promised } : {}),
      policy: policyOf(args),
      progress: (line) => log("progress", line),
    });
    await refreshHost(access, done.observation);
    endReplacement(args.identity.key);
    const fields = partitionFields(host.capability, done.observation, assignment.modes, done.plan);
    const kept = only(inputs, ["observed", "plan", "capability"]);
    const outs = fresh({ ...args, ...fields, ...kept, ...settledFields(done.observation, assignment.modes) });
    return { id: newId, outs: { ...outs, ...only(inputs, ["__provider"]) } };
  } catch (error) {
    throw changeFailure(error, newId, inputs, isReplacing(args.identity.key) ? "replaced" : "new");
  }
}

async function update(
  id: string,
  olds: Properties,
  news: Properties,
): Promise<{ outs: Record<string, unknown> }> {
  // Nothing to do on the host (a new connection, another timeout): it is not even contacted.
  const nothingToDo = news["status"] === "Success" && sameValue(olds["layout"], news["layout"]);
  if (nothingToDo) return { outs: fresh(news) };
  return { outs: (await settle(id, olds, news)).outs };
}

async function read(id: string, props: Properties): ReturnType<Handler["read"]> {
  const args = parseArgs(props);
  const host = await hostOf(accessOf(args));
  const desired = layoutModes(props);
  const fields = partitionFields(host.capability, host.observation, desired, props["plan"] as Plan);
  const settled = isSettled(host.observation, desired);
  const found = settled
    ? {
        ...only(fresh(fields), ["hostId", "capability", "accelerator", "versions"]),
        ...settledFields(host.observation, desired),
      }
    : { observed: fields.observed, status: "Drifted" };
  const now = { ...fresh(props), ...fresh(found) };
  return { id, props: now, inputs: { ...now } };
}

/** The layout in state, back as modes. */
function layoutModes(props: Properties): DesiredModes {
  const layout = (props["layout"] ?? {}) as Readonly<Record<string, string>>;
  return new Map(
    Object.entries(layout).flatMap(([gpu, text]) => {
      const [compute = "", memory = ""] = text.split("/");
      const pair = { compute: parseComputeMode(compute), memory: parseMemoryMode(memory) };
      return pair.compute && pair.memory
        ? [[gpu, { compute: pair.compute, memory: pair.memory }] as const]
        : [];
    }),
  );
}

async function remove(_id: string, props: Properties): Promise<void> {
  const args = parseArgs(props);
  const { key } = args.identity;
  // The create half of a replacement follows and goes straight to the new layout.
  if (isReplacing(key)) return;
  const access = accessOf(args);
  const host = await hostOf(access);
  const partitioner = partitionerOf(host, args);
  const { record } = host.observation;
  const before = (record.owners[key] ?? []).flatMap((gpu) => {
    const pair = record.before[gpu];
    return pair ? [[gpu, pair] as const] : [];
  });
  if (args.onDelete === "restore" && before.length > 0) {
    const log = logOn(args.identity.urn);
    const done = await reconcile(partitioner, {
      key,
      desired: new Map(before),
      reason: "restore",
      policy: policyOf(args),
      progress: (line) => log("progress", line),
    });
    await refreshHost(access, done.observation);
  }
  await partitioner.record.update((now) => withoutOwner(now, key));
}

export const partitionHandler: Handler = withoutStacks({
  check,
  diff: async (_id, olds, news) => {
    const outcome = partitionDiff(olds, news);
    const sameHost = olds["hostId"] === news["hostId"];
    if (outcome.replaces && sameHost) noteReplacement(identityKey(news));
    return outcome;
  },
  create: (inputs) => settle(undefined, {}, inputs),
  update,
  read,
  delete: remove,
});
