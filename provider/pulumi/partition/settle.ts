import { reconcile } from "../../partitioner/change/reconcile.ts";
import { settleBootUnit } from "../../partitioner/change/settle-boot-unit.ts";
import { declaredPartitions } from "../../partitioner/plan/declared.ts";
import { assignModes } from "../../partitioner/plan/desired.ts";
import { plan, type Plan } from "../../partitioner/plan/plan.ts";
import { accessOf } from "../access-of.ts";
import { logOn } from "../engine-log.ts";
import { changeFailure } from "../failing.ts";
import { fresh, only, type Properties } from "../handler.ts";
import { endReplacement, isReplacing, refreshHost } from "../operation.ts";
import { planOf, type ShortPlan } from "../short-forms.ts";
import { sameValue } from "../unknowns.ts";
import { isToBeDone, wantedAtBoot } from "./at-boot.ts";
import { drivenHost } from "./driven-host.ts";
import { partitionFields, settledFields } from "./fields.ts";
import { parseArgs, partitionerOf, policyOf, reasonOf } from "./request.ts";

const NOTHING: Pick<Plan, "gpus"> = { gpus: [] };

const promisedIn = ({ plan: promised }: Properties): Plan | undefined =>
  promised === undefined ? undefined : planOf(promised as ShortPlan);

/** Create and update are one: what counts is the host, not what is remembered of it. */
export async function settlePartition(
  id: string | undefined,
  olds: Properties,
  inputs: Properties,
): Promise<{ id: string; outs: Record<string, unknown> }> {
  const args = parseArgs(inputs);
  const access = accessOf(args);
  const log = logOn(args.identity.urn);
  const host = await drivenHost(access, (line) => log("progress", line));
  const partitioner = partitionerOf(host, args);
  const assignment = assignModes(declaredPartitions(args), host.observation);
  if (!assignment.ok)
    throw new Error(assignment.problems.map((problem) => `${problem.path} ${problem.message}`).join("; "));
  const newId = id ?? `${host.observation.hostId}/${args.identity.key}`;
  // A check that kept the plan of the last change promises that nothing is to be done now.
  const promised = inputs["status"] === "Success" ? NOTHING : promisedIn(inputs);
  try {
    const done = await reconcile(partitioner, {
      key: args.identity.key,
      desired: assignment.modes,
      reason: reasonOf(args.identity.key, olds, assignment.modes),
      ...(promised ? { promised } : {}),
      policy: policyOf(args),
      progress: (line) => log("progress", line),
    });
    const boot = await settleBootUnit(
      partitioner,
      done.observation,
      args.identity.key,
      wantedAtBoot(partitioner, args, assignment.modes),
      (line) => log("progress", line),
    );
    await refreshHost(access, done.observation);
    endReplacement(args.identity.key);
    // Where nothing could be planned, state says what the next check will: that nothing is left to do.
    const { observation } = done;
    const told =
      inputs["plan"] === undefined
        ? plan({ observation, desired: assignment.modes, reason: "drift" })
        : done.plan;
    const fields = partitionFields(host.capability, observation, assignment.modes, told);
    const kept = only(inputs, ["observed", "plan", "capability"]);
    const outs = fresh({
      ...args,
      ...fields,
      ...kept,
      ...settledFields(observation, assignment.modes),
      ...(boot && { atBoot: boot }),
    });
    return { id: newId, outs: { ...outs, ...only(inputs, ["__provider"]) } };
  } catch (error) {
    throw changeFailure(error, newId, inputs, isReplacing(args.identity.key) ? "replaced" : "new");
  }
}

export async function updatePartition(
  id: string,
  olds: Properties,
  news: Properties,
): Promise<{ outs: Record<string, unknown> }> {
  // Nothing to do on the host (a new connection, another timeout): it is not even contacted.
  const nothingToDo =
    news["status"] === "Success" && !isToBeDone(news["atBoot"]) && sameValue(olds["layout"], news["layout"]);
  if (nothingToDo) return { outs: fresh(news) };
  return { outs: (await settlePartition(id, olds, news)).outs };
}
