import { bytes } from "../bytes.ts";
import { withoutReservation, withReservation } from "../host-record/changes.ts";
import type { HostRecord } from "../host-record/record.ts";
import { lookupModel } from "../models/catalog.ts";
import { type ModelShape, shapeOfSpec } from "../models/shape.ts";
import { RefusedError } from "../partitioner/reconcile.ts";
import type { Pool, Reservation } from "../scheduler/pool.ts";
import { schedule, type ScheduleOutcome } from "../scheduler/schedule.ts";
import { findViolations } from "../scheduler/violations.ts";
import {
  type AllocationArgs,
  allocationArgsSchema,
  type HostAccessArgs,
  hostAccessSchema,
} from "../schema/allocation.ts";
import type { ModelArgs } from "../schema/model.ts";
import type { LogicalDevice, MemoryDomain } from "../topology/layout.ts";
import { allocationDiff } from "./allocation-diff.ts";
import { ALLOCATION_KEYS, allocationFields } from "./allocation-fields.ts";
import { logOn } from "./engine-log.ts";
import { withoutStacks } from "./failing.ts";
import { type CheckOutcome, fresh, type Handler, only, type Properties, without } from "./handler.ts";
import { declaredBy, hostOf, promiseReservation } from "./operation.ts";
import { reachedOrNot } from "./reachable.ts";
import { fromRecord, reservationsOn, toRecord, vanishes } from "./reservations.ts";
import { sameValue, UNKNOWN } from "./unknowns.ts";
import { failure, validate } from "./validate.ts";

/** Fields that do not change which devices a model gets or what it needs there. */
const WIRING_KEYS = ["gpus", "hosts", "identity", "__provider", ...ALLOCATION_KEYS];

/** Pools that placements of this operation were made on: what a reservation is proved against when it is written. */
const pools = new Map<string, Pool>();

async function check(olds: Properties, news: Properties): Promise<CheckOutcome> {
  const given = without(news, [...ALLOCATION_KEYS, "__provider"]);
  const provider = only(news, ["__provider"]);
  const validated = validate(allocationArgsSchema, { ...given, gpus: withoutUnknownNodes(given["gpus"]) });
  if (validated.state === "wrong") return { inputs: { ...given, ...provider }, failures: validated.failures };
  if (validated.state === "unknown") return { inputs: { ...given, ...provider } };
  const { args } = validated;
  const log = logOn(args.identity.urn);
  const model = shapeOf(args.model);
  const inputs = { ...fresh({ ...args, gpus: args.gpus.map(({ hostId }) => ({ hostId })) }), ...provider };
  if (!model.ok) return { inputs, failures: [failure(`model ${model.error}`)] };
  const looked = await reachedOrNot(() => reservationsOf(args));
  if (!looked.reached) {
    if (looked.mistake) return { inputs, failures: [failure(looked.reason)] };
    const unchanged = sameValue(without(olds, WIRING_KEYS), without(inputs, WIRING_KEYS));
    log(
      "warning",
      `${looked.reason}; ${unchanged ? "keeping the placement" : "the placement is made when it answers"}`,
    );
    return { inputs: { ...inputs, ...(unchanged ? only(olds, ALLOCATION_KEYS) : {}) } };
  }
  const pool = poolOf(args);
  const outcome = schedule({
    key: args.identity.key,
    shape: model.shape,
    options: args,
    pool,
    reservations: withOwn(looked.value, olds, args),
  });
  if (!outcome.success) return { inputs, failures: [failure(outcome.error)] };
  pools.set(args.identity.key, pool);
  promiseReservation(
    outcome.placement.hostId,
    toRecord({ ...outcome.reservation, model: nameOf(model.shape, outcome) }),
  );
  const nodes = args.gpus.find((one) => one.hostId === outcome.placement.hostId)?.deviceNodes;
  const fields = fresh(allocationFields(outcome, model.shape, nodes));
  // What was said when the model was placed need not be said again in every preview.
  if (!sameValue(olds["devices"], fields["devices"]) || !sameValue(olds["memory"], fields["memory"])) {
    log("info", [...outcome.explanation, ...outcome.notes].join("\n"));
    for (const warning of outcome.warnings) log("warning", warning);
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

/** The nodes of a layout that is not in place yet are not known; everything else about it is. */
const withoutUnknownNodes = (gpus: unknown): unknown =>
  Array.isArray(gpus)
    ? gpus.map((one: unknown) =>
        typeof one === "object" && one !== null && (one as Properties)["deviceNodes"] === UNKNOWN
          ? without(one as Properties, ["deviceNodes"])
          : one,
      )
    : gpus;

/**
 * What is kept of `gpus`: the modes of the GPU the model is on. All devices of all GPUs would fill the state, and would
 * change with every change of a GPU that is none of this model's business.
 */
const ownGpus = (args: AllocationArgs, placement: { readonly hostId: string; readonly gpu: string }) =>
  args.gpus.map(({ hostId, layout }) => ({
    hostId,
    layout: only(layout, hostId === placement.hostId ? [placement.gpu] : []),
  }));

function shapeOf(
  model: AllocationArgs["model"],
): { ok: true; shape: ModelShape } | { ok: false; error: string } {
  if (typeof model !== "string") return { ok: true, shape: shapeOfSpec(model) };
  const found = lookupModel(model satisfies ModelArgs);
  return found.ok ? { ok: true, shape: found.model } : found;
}

const nameOf = (shape: ModelShape, outcome: Extract<ScheduleOutcome, { success: true }>): string =>
  `${shape.id} (${outcome.memory.dtype})`;

const poolOf = (args: AllocationArgs): Pool => ({
  devices: args.gpus.flatMap((one) =>
    (one.partitions as unknown as readonly LogicalDevice[]).map((device) => ({
      ...device,
      hostId: one.hostId,
    })),
  ),
  domains: args.gpus.flatMap((one) =>
    (one.memoryDomains as unknown as readonly MemoryDomain[]).map((domain) => ({
      ...domain,
      hostId: one.hostId,
    })),
  ),
});

/** Every host once, however many configurations it has. */
async function reservationsOf(args: AllocationArgs): Promise<readonly Reservation[]> {
  const lists = await Promise.all(
    args.hosts.map(async (access) => reservationsOn((await hostOf(access)).observation, access.identity.key)),
  );
  return [...new Map(lists.flat().map((one) => [`${one.hostId}\0${one.key}`, one])).values()];
}

/** What state says of this allocation's place, where the record does not: so that it stays. */
function withOwn(
  reservations: readonly Reservation[],
  olds: Properties,
  args: AllocationArgs,
): readonly Reservation[] {
  const { key } = args.identity;
  const ids = olds["partitionIds"];
  if (!Array.isArray(ids) || ids.length === 0 || reservations.some((one) => one.key === key))
    return reservations;
  const perDevice = Number((olds["memory"] as { perDeviceBytes?: unknown } | undefined)?.perDeviceBytes ?? 0);
  const own = {
    key,
    hostId: String(olds["hostId"]),
    deviceIds: ids as readonly string[],
    bytesPerDevice: bytes(perDevice),
  };
  return args.hosts.some((access) => vanishes(own, access.identity.key))
    ? reservations
    : [...reservations, own];
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

const identityKey = (properties: Properties): string =>
  String((properties["identity"] as { key: string }).key);

/** The access to the host the model is placed on; of several configurations of one host any will do. */
async function accessTo(properties: Properties): Promise<HostAccessArgs> {
  const all = (properties["hosts"] as readonly unknown[]).map((one) => hostAccessSchema.parse(one));
  const [only1] = all;
  if (all.length === 1 && only1) return only1;
  for (const access of all) {
    if ((await hostOf(access)).observation.hostId === properties["hostId"]) return access;
  }
  throw new Error(
    `none of the given hosts is ${String(properties["hostId"])}, which has the model's devices`,
  );
}

function reservationIn(inputs: Properties): Reservation {
  const memory = inputs["memory"] as { perDeviceBytes: number };
  const model = inputs["model"] as ModelArgs;
  return {
    key: identityKey(inputs),
    hostId: String(inputs["hostId"]),
    deviceIds: inputs["partitionIds"] as readonly string[],
    bytesPerDevice: bytes(memory.perDeviceBytes),
    exclusive: inputs["exclusive"] === true,
    model: `${typeof model === "string" ? model : model.name} (${String(inputs["precision"])})`,
  };
}

/** Writes the reservation, if it still is possible at that moment: another stack may have been faster. */
async function reserve(inputs: Properties): Promise<void> {
  if (inputs["partitionIds"] === undefined)
    throw new Error("the model has no place: its host did not answer when the placement was to be made");
  const host = await hostOf(await accessTo(inputs));
  const { partitioner } = host;
  if (!partitioner) throw new Error(`the host cannot be used: ${host.capability.reason}`);
  const wanted = reservationIn(inputs);
  const pool = pools.get(wanted.key);
  if (!pool) throw new Error("the placement was not checked in this run");
  await partitioner.record.update((record) => {
    const taken = conflicts(record, wanted, pool);
    if (taken.length > 0) throw new RefusedError(partitioner.target, taken);
    return withReservation(record, toRecord(wanted));
  });
}

/** Why the reservation does not fit any more, and who is in the way. */
function conflicts(record: HostRecord, wanted: Reservation, pool: Pool): readonly string[] {
  if (record.journal)
    return [`${record.journal.key} is changing its partitions; place models when that is done`];
  const others = record.reservations
    .filter((one) => one.key !== wanted.key)
    .map((one) => fromRecord(one, wanted.hostId));
  const before = new Set(findViolations(pool, others).map((one) => one.sentence));
  const mine = new Set(wanted.deviceIds);
  const near = others.filter((one) => one.deviceIds.some((id) => mine.has(id))).map((one) => one.key);
  return findViolations(pool, [...others, wanted])
    .filter((one) => !before.has(one.sentence))
    .map(
      (one) =>
        `its reservations changed since the plan was made (${one.sentence}; there now: ${near.join(", ")}); preview again`,
    );
}

async function place(inputs: Properties): Promise<Record<string, unknown>> {
  await reserve(inputs);
  return fresh(inputs);
}

async function read(id: string, props: Properties): ReturnType<Handler["read"]> {
  const host = await hostOf(await accessTo(props));
  const key = identityKey(props);
  const there = host.observation.record.reservations.some((one) => one.key === key);
  // The reservation is the resource: without it the model has no place any more, and the next up gives it one.
  if (!there) return {};
  return { id, props: fresh(props), inputs: fresh(props) };
}

async function remove(_id: string, props: Properties): Promise<void> {
  const host = await hostOf(await accessTo(props));
  await host.partitioner?.record.update((record) => withoutReservation(record, identityKey(props)));
}

export const allocationHandler: Handler = withoutStacks({
  check,
  diff: async (_id, olds, news) => allocationDiff(olds, news),
  create: async (inputs) => ({
    id: `${String(inputs["hostId"])}/${identityKey(inputs)}`,
    outs: await place(inputs),
  }),
  update: async (_id, _olds, news) => ({ outs: await place(news) }),
  read,
  delete: remove,
});
