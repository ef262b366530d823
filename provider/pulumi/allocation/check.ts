import { toRecord } from "../../host-record/reservations.ts";
import type { ModelOrigin, ModelShape } from "../../models/shape.ts";
import { engineWarnings } from "../../render/engine-warnings.ts";
import type { Placement } from "../../scheduler/request.ts";
import { schedule, type ScheduleOutcome } from "../../scheduler/schedule.ts";
import { type AllocationArgs, allocationArgsSchema } from "../../schema/allocation.ts";
import { logOn } from "../engine-log.ts";
import { type CheckOutcome, fresh, only, type Properties, without } from "../handler.ts";
import { keptIdentity, knownIdentity, namesake, namesakeProblem } from "../kept-identity.ts";
import { declaredBy, notePool, promiseReservation } from "../operation.ts";
import { reachedOrNot } from "../reachable.ts";
import { sameValue, UNKNOWN } from "../unknowns.ts";
import { failure, validate } from "../validate.ts";
import { allocationFields } from "./fields.ts";
import { findModel } from "./find-model.ts";
import { inFleet } from "./in-fleet.ts";
import { gpusOfKept, keptPlacement, ownGpus } from "./kept-placement.ts";
import { ALLOCATION_KEYS } from "./keys.ts";
import { poolUnder, surroundingsOf, withOwn } from "./surroundings.ts";

/** The model is placed here, where preview sees it: what this returns as inputs is what the container is given. */
export async function checkAllocation(olds: Properties, news: Properties): Promise<CheckOutcome> {
  const given = without(news, [...ALLOCATION_KEYS, "fleet", "__provider"]);
  const provider = only(news, ["__provider"]);
  const validated = validate(allocationArgsSchema, {
    ...given,
    gpus: withoutUnknownNodes(given["gpus"]),
    identity: keptIdentity(olds, news),
  });
  if (validated.state === "wrong") return { inputs: { ...given, ...provider }, failures: validated.failures };
  if (validated.state === "unknown" || news["fleet"] === UNKNOWN)
    return { inputs: { ...given, ...provider } };
  const args = withKnownHosts(validated.args);
  const log = logOn(args.identity.urn);
  const model = await findModel(args.model);
  const inputs = { ...fresh({ ...args, gpus: args.gpus.map(({ hostId }) => ({ hostId })) }), ...provider };
  const other = namesake(args.identity);
  if (other !== undefined) return { inputs, failures: [failure(namesakeProblem(args.identity, other))] };
  if (!model.ok) {
    const kept = model.transient ? keptPlacement(olds, inputs) : undefined;
    if (kept === undefined) return { inputs, failures: [failure(model.error)] };
    log("warning", `${model.error}; keeping the placement`);
    notePool(args.identity.key, poolUnder(args));
    return { inputs: { ...inputs, gpus: gpusOfKept(olds, args), ...kept } };
  }
  const looked = await reachedOrNot(() => surroundingsOf(args));
  if (!looked.reached) {
    if (looked.mistake) return { inputs, failures: [failure(looked.reason)] };
    const kept = keptPlacement(olds, inputs);
    log(
      "warning",
      `${looked.reason}; ${kept ? "keeping the placement" : "the placement is made when it answers"}`,
    );
    return { inputs: { ...inputs, ...kept } };
  }
  const pool = poolUnder(args);
  const reservations = withOwn(looked.value.reservations, olds, args);
  const together = await inFleet(news, args, pool, { ...looked.value, reservations });
  const outcome = schedule({
    key: args.identity.key,
    shape: model.shape,
    options: together?.options ?? args,
    pool: together?.pool ?? pool,
    reservations: together?.reservations ?? reservations,
    antiAffinity: together?.antiAffinity,
    hosts: looked.value.hosts,
    fleetRemedies: together?.remedies,
    foreignUse: looked.value.foreignUse,
  });
  if (!outcome.success) return { inputs, failures: [failure(named(outcome.error, model.shape))] };
  notePool(args.identity.key, pool);
  promiseReservation(
    outcome.placement.hostId,
    toRecord({ ...outcome.reservation, model: nameOf(model.shape, outcome) }),
  );
  const nodes = args.gpus.find((one) => one.hostId === outcome.placement.hostId)?.deviceNodes;
  const partitionConfig = configUnder(outcome.placement, args);
  const fields = fresh({
    ...allocationFields(outcome, model.shape, args.engine, nodes),
    partitionConfig,
  });
  for (const use of outcome.foreignUse) log(use.verdict === "exceeds" ? "warning" : "info", use.sentence);
  // What was said when the model was placed need not be said again in every preview.
  if (!sameValue(olds["devices"], fields["devices"]) || !sameValue(olds["memory"], fields["memory"])) {
    const where = args.gpus.length > 1 ? `in ${partitionConfig}, ` : "";
    const said = [
      `${model.shape.id} ${where}${outcome.explanation.join("\n  ")}`,
      ...searched(model.origin),
      ...outcome.notes,
      ...(together?.notes ?? []),
    ];
    log("info", said.join("\n"));
    const warnings = [...outcome.warnings, ...engineWarnings(args.engine, model.shape, args)];
    for (const warning of warnings) log("warning", warning);
  }
  return {
    inputs: {
      ...inputs,
      gpus: ownGpus(args, outcome.placement),
      ...fields,
      ...keptContainer(olds, fields, args),
    },
  };
}

/** The program names configurations by what they are called now, the hosts' records by what they were first called. */
const withKnownHosts = (args: AllocationArgs): AllocationArgs => ({
  ...args,
  hosts: args.hosts.map((host) => ({ ...host, identity: knownIdentity(host.identity) })),
});

/** The nodes of a layout that is not in place yet are not known; everything else about it is. */
const withoutUnknownNodes = (gpus: unknown): unknown =>
  Array.isArray(gpus)
    ? gpus.map((one: unknown) =>
        typeof one === "object" && one !== null && (one as Properties)["deviceNodes"] === UNKNOWN
          ? without(one as Properties, ["deviceNodes"])
          : one,
      )
    : gpus;

/** Where it was found, when it was not where one looks first. */
const searched = ({ step, detail }: ModelOrigin): readonly string[] =>
  step === "catalog" || step === "explicit" ? [] : [`found: ${detail}`];

const nameOf = (shape: ModelShape, outcome: Extract<ScheduleOutcome, { success: true }>): string =>
  `${shape.id} (${outcome.memory.dtype})`;

/** Name of the GpuPartitionConfig whose devices they are: several can share a host, and two hosts have the same addresses. */
function configUnder({ hostId, devices }: Placement, args: AllocationArgs): string {
  const index = args.gpus.findIndex(
    (one) => one.hostId === hostId && one.partitions.some(({ id }) => id === devices[0]?.id),
  );
  return args.hosts[index]?.identity.key.split("/").slice(2).join("/") ?? "";
}

/**
 * While another GPU of the host changes, the device files of this model's GPUs are not all known to the configuration, and
 * yet stay what they were.
 */
function keptContainer(olds: Properties, fields: Properties, args: AllocationArgs): Record<string, unknown> {
  const { devices } = fields as { readonly devices: readonly { readonly gpu: string }[] };
  if (fields["container"] !== undefined || !sameValue(olds["partitionIds"], fields["partitionIds"]))
    return {};
  const touched = args.hosts.some((access) => {
    const declared = declaredBy(access.identity.key);
    return (
      declared === undefined ||
      declared === "unknown" ||
      devices.some((device) => declared.plan.blastRadius.gpus.includes(device.gpu))
    );
  });
  return touched ? {} : only(olds, ["container"]);
}

/** Every failure begins with the property it is about; one that is not about a single field is about the model. */
const named = (error: string, shape: ModelShape): string =>
  error.startsWith(shape.id) ? `model ${error}` : error;
