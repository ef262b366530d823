import { atBoot } from "../../partitioner/hardware/boot-unit.ts";
import type { OpenHost } from "../../partitioner/open-host.ts";
import { allocationNews } from "../../partitioner/plan/allocation-news.ts";
import { declaredPartitions } from "../../partitioner/plan/declared.ts";
import { assignModes } from "../../partitioner/plan/desired.ts";
import { finalModes } from "../../partitioner/plan/final-modes.ts";
import { goneReservations } from "../../partitioner/plan/gone-reservations.ts";
import { plan, type Plan } from "../../partitioner/plan/plan.ts";
import { describeStep } from "../../partitioner/plan/step.ts";
import { holderWarnings } from "../../partitioner/refuse/in-use.ts";
import { driverWarnings } from "../../partitioner/refuse/obstacles.ts";
import { policyRefusals } from "../../partitioner/refuse/refuse.ts";
import { isWithoutDriver, unfinishedChange } from "../../partitioner/refuse/unfinished.ts";
import type { HostAccessArgs } from "../../schema/allocation.ts";
import { type PartitionArgs, partitionArgsSchema } from "../../schema/partition.ts";
import { accessOf } from "../access-of.ts";
import { logOn } from "../engine-log.ts";
import { type CheckOutcome, fresh, only, type Properties, without } from "../handler.ts";
import { parseHint } from "../hint.ts";
import { keptIdentity, namesake, namesakeProblem } from "../kept-identity.ts";
import { hostOf, noteDeclared } from "../operation.ts";
import { HintedFailureError, reachedOrNot } from "../reachable.ts";
import { inShort } from "../short-forms.ts";
import { sameValue } from "../unknowns.ts";
import { failure, validate } from "../validate.ts";
import { bootNews, keptAtBoot, wantedAtBoot } from "./at-boot.ts";
import { isSettled, partitionFields, settledFields } from "./fields.ts";
import { COMPUTED_KEYS } from "./keys.ts";
import { accessName, identityKey, policyOf, reasonOf } from "./request.ts";

/** The keys that say how to partition; everything else says how to get there. */
const DECLARATION_KEYS = [
  "computePartition",
  "memoryPartition",
  "profiles",
  "skippedGPUs",
  "gpu-config-profiles",
  "gpuConfigProfile",
];

const isDeclaredAs = (olds: Properties, news: Properties): boolean =>
  DECLARATION_KEYS.every((one) => sameValue(olds[one], news[one]));

const keptFields = (olds: Properties): Properties => ({
  ...only(olds, COMPUTED_KEYS),
  ...keptAtBoot(olds),
});

const LOADS_DRIVER = "the amdgpu driver is not loaded, and is loaded first";

/** The plan is made here, where preview sees it: what this returns as inputs is what dependants know. */
export async function checkPartition(before: Properties, news: Properties): Promise<CheckOutcome> {
  const olds = inShort(before);
  const given = {
    ...without(news, [...COMPUTED_KEYS, "observation", "__provider"]),
    identity: keptIdentity(olds, news),
  };
  const provider = only(news, ["__provider"]);
  const validated = validate(partitionArgsSchema, given);
  const key = identityKey(given);
  if (validated.state === "wrong") return { inputs: { ...given, ...provider }, failures: validated.failures };
  if (validated.state === "unknown") {
    noteDeclared(key, "unknown");
    return { inputs: { ...given, ...provider } };
  }
  const { args } = validated;
  const other = namesake(args.identity);
  if (other !== undefined) {
    return {
      inputs: { ...fresh(args), ...provider },
      failures: [failure(namesakeProblem(args.identity, other))],
    };
  }
  const log = logOn(args.identity.urn);
  const host = await reachedOrNot(() => hostWithHint(accessOf(args), news["observation"]));
  if (!host.reached) {
    if (host.mistake) return { inputs: { ...fresh(args), ...provider }, failures: [failure(host.reason)] };
    const unchanged = isDeclaredAs(olds, given);
    log(
      "warning",
      `${host.reason}; ${unchanged && olds["layout"] ? "keeping what is known from before" : "the plan is made when it answers"}`,
    );
    noteDeclared(key, "unknown");
    return { inputs: { ...fresh(args), ...(unchanged ? keptFields(olds) : {}), ...provider } };
  }
  const { observation } = host.value;
  if (!host.value.partitioner && isWithoutDriver(observation, key)) {
    for (const warning of unfinishedChange(observation)) log("warning", `${warning.text}; ${LOADS_DRIVER}`);
    noteDeclared(key, "unknown");
    // Without a plan, which makes it a difference: nothing can be planned on a host without GPUs.
    const kept = without(keptFields(olds), ["plan", "observed", "deviceNodes", "status"]);
    const declared = isDeclaredAs(olds, given) ? kept : {};
    return { inputs: { ...fresh(args), ...declared, ...provider } };
  }
  const outcome = planOn(host.value, args, olds);
  for (const warning of outcome.warnings) log("warning", warning);
  if (outcome.failures.length > 0) {
    return { inputs: { ...fresh(args), ...provider }, failures: outcome.failures.map(failure) };
  }
  if (outcome.news.length > 0) log("info", outcome.news.join("\n"));
  return { inputs: { ...fresh({ ...args, ...outcome.fields }), ...provider } };
}

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
  if (refused.length > 0) return { ...nothing, failures: refused.map((one) => one.text) };
  noteDeclared(args.identity.key, {
    plan: fresh,
    hostId: observation.hostId,
    vanishing: new Set(reason === "drift" ? [] : fresh.blastRadius.gpus),
  });
  const settled = isSettled(observation, desired);
  const fields = partitionFields(capability, observation, desired, fresh);
  const boot = atBoot(observation, args.identity.key, wantedAtBoot(partitioner, args, desired));
  return {
    fields: {
      ...fields,
      // An unchanged host keeps the plan that made it what it is; a new empty one would be a difference about nothing.
      ...(settled && keepsHistory(olds, fields.layout) ? only(olds, ["observed", "plan"]) : {}),
      ...(settled ? settledFields(observation, desired) : {}),
      ...(boot && { atBoot: boot }),
    },
    failures: [],
    warnings: [
      ...(capability.level === "SIMULATION" && args.mode === "auto" && isAboutHost(args)
        ? [`SIMULATION: ${capability.reason}`]
        : []),
      ...host.problems,
      ...assignment.warnings,
      ...[
        ...holderWarnings(observation, fresh, policyOf(args)),
        ...driverWarnings(observation, fresh),
        ...unfinishedChange(observation),
      ].map((warning) => warning.text),
      ...goneReservations(observation, finalModes(observation, desired)),
    ],
    news: [
      ...tell(fresh),
      ...bootNews(boot, observation, args, fresh.steps.length > 0 ? reason : "none"),
      ...allocationNews(observation, fresh),
    ],
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

const keepsHistory = (olds: Properties, layout: object): boolean =>
  olds["plan"] !== undefined && olds["status"] !== "Drifted" && sameValue(olds["layout"], layout);
