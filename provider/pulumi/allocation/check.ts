import { toRecord } from "../../host-record/reservations.ts";
import type { ModelShape } from "../../models/shape.ts";
import { engineWarnings } from "../../render/engine-warnings.ts";
import { parseKey } from "../../resource-key.ts";
import type { Reservation } from "../../scheduler/occupancy/pool.ts";
import type { Placement } from "../../scheduler/request.ts";
import { schedule, type ScheduleOutcome } from "../../scheduler/schedule.ts";
import { type AllocationArgs, allocationArgsSchema } from "../../schema/allocation.ts";
import { type Checked, info, type Note, warning } from "../checked.ts";
import { fresh, type Properties, without } from "../handler.ts";
import { readIdentity } from "../operation/keys.ts";
import { operationMessages } from "../operation/messages.ts";
import type { Operation } from "../operation/operation.ts";
import { reachedOrNot } from "../reachable.ts";
import { type AllocationState, type Computed, readAllocationState } from "../state/allocation-state.ts";
import { sameValue, UNKNOWN } from "../unknowns.ts";
import { validate } from "../validate.ts";
import { allocationFields } from "./fields.ts";
import { hostContext, poolUnder } from "./host-context.ts";
import { heldBy, keptEstimate, keptPlacement, keptReservation, ownGpus } from "./kept-placement.ts";
import { ALLOCATION_KEYS } from "./keys.ts";
import { allocationMessages as say } from "./messages.ts";
import { problemOf } from "./problem.ts";

type Found = Extract<ScheduleOutcome, { success: true }>;

/** The model is placed here, where preview sees it: what this returns as inputs is what the container is given. */
export async function checkAllocation(
  operation: Operation,
  olds: Properties,
  news: Properties,
): Promise<Checked> {
  const before = readAllocationState(olds);
  const { declared, provider } = readAllocationState(news);
  const given = readIdentity(news["identity"]);
  const identity = given && operation.allocationKeys.claim(before.identity, given);
  const wanted = {
    ...declared,
    gpus: withoutUnknownNodes(news["gpus"]),
    hosts: news["hosts"],
    identity: identity ?? news["identity"],
  };
  const validated = validate(allocationArgsSchema, wanted);
  /** What is not known yet is unknown, which only a preview may say. */
  const answer = (
    inputs: object,
    computed: Partial<Computed>,
    rest: Partial<Pick<Checked, "failures" | "notes">> = {},
  ): Checked => ({
    inputs: {
      ...fresh({ ...inputs, ...computed }),
      ...(news["preview"] === true && leftOpen(computed)),
      ...(provider !== undefined && { __provider: provider }),
    },
    failures: [],
    notes: [],
    ...rest,
  });
  if (validated.state === "wrong") return answer(wanted, {}, { failures: validated.failures });
  if (validated.state === "unknown" || news["fleet"] === UNKNOWN) return answer(wanted, {});
  const args = withKnownHosts(operation, validated.args);
  const { key, urn } = args.identity;
  const inputs = {
    ...args,
    gpus: args.gpus.map(({ hostId }) => ({ hostId })),
    ...(before.reservationRevision !== undefined && { reservationRevision: before.reservationRevision }),
  };
  const other = operation.allocationKeys.conflict(args.identity);
  if (other !== undefined)
    return answer(inputs, {}, { failures: [operationMessages["key-conflict"]({ key, urn, other })] });
  const kept = keptPlacement(before, readAllocationState(fresh(inputs)));
  const model = await operation.findModel(args.model);
  if (!model.ok) {
    const { error } = model;
    if (!model.transient || kept === undefined)
      return answer(inputs, {}, { failures: [say["model-not-found"]({ error })] });
    const reservation = keptReservation(args.identity, kept, args);
    if (reservation) operation.placements.note({ reservation, pool: poolUnder(args) });
    return answer({ ...inputs, gpus: ownGpus(args, kept) }, kept, {
      notes: [warning(say["unreachable-keeps-placement"]({ reason: error }))],
    });
  }
  const context = await reachedOrNot(() => hostContext(operation, args));
  if (!context.reached) {
    const { reason, mistake } = context;
    if (mistake) return answer(inputs, {}, { failures: [say["host-refused"]({ reason })] });
    const note = say[kept ? "unreachable-keeps-placement" : "unreachable-places-later"]({ reason });
    // Without the modes of its GPUs, which nobody can tell now, the placement is another one in state than it was.
    return answer(kept ? { ...inputs, gpus: before.gpus } : inputs, kept ?? {}, { notes: [warning(note)] });
  }
  const problem = await problemOf(operation, news["fleet"], args, before, context.value);
  const outcome = schedule({
    key,
    shape: model.shape,
    ...problem,
    hosts: context.value.hosts,
    unreservedUse: context.value.foreignUse,
    held: heldBy(kept),
  });
  if (!outcome.success)
    return answer(
      inputs,
      {},
      { failures: [say["model-refused"]({ error: named(outcome.error, model.shape) })] },
    );
  const reservation = { ...outcome.reservation, model: `${model.shape.id} (${outcome.memory.dtype})` };
  operation.placements.note({ reservation, pool: poolUnder(args) });
  const computed = {
    ...computedOf(operation, outcome, model.shape, args, before),
    ...keptEstimate(kept, outcome.placement),
  };
  const revision = (before.reservationRevision ?? 0) + 1;
  return answer(
    {
      ...inputs,
      gpus: ownGpus(args, outcome.placement),
      ...(before.computed.devices !== undefined &&
        !isRecorded(reservation, context.value.recorded) && { reservationRevision: revision }),
    },
    computed,
    {
      notes: [
        ...outcome.unreservedUse.map((use) =>
          (use.code === "unreserved-use-exceeds" ? warning : info)(
            say["unreserved-use"]({ sentence: use.text }),
          ),
        ),
        ...placementNotes(before, computed, { outcome, shape: model.shape, args, notes: problem.notes }),
      ],
    },
  );
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

const leftOpen = (computed: Partial<Computed>): Record<string, string> =>
  Object.fromEntries(
    ALLOCATION_KEYS.filter((key) => computed[key] === undefined && !isOptional(key, computed)).map((key) => [
      key,
      UNKNOWN,
    ]),
  );

/** Where a model came from is not told of one whose shape was given. */
const isOptional = (key: keyof Computed, { devices }: Partial<Computed>): boolean =>
  key === "modelSource" && devices !== undefined;

/** The program names configurations by what they are called now, the hosts' records by what they were first called. */
const withKnownHosts = ({ partitionKeys }: Operation, args: AllocationArgs): AllocationArgs => ({
  ...args,
  hosts: args.hosts.map((host) => ({ ...host, identity: partitionKeys.known(host.identity) })),
});

/** Whether the host's record has what state has: somebody may have released it, or the record may be an older one. */
function isRecorded(wanted: Reservation, recorded: readonly Reservation[]): boolean {
  const found = recorded.find((one) => one.hostId === wanted.hostId);
  if (!found) return false;
  const [now, then] = [wanted, found].map((one) => {
    const { devices, exclusive } = toRecord(one);
    return { devices, exclusive };
  });
  return sameValue(now, then);
}

function computedOf(
  operation: Operation,
  outcome: Found,
  shape: ModelShape,
  args: AllocationArgs,
  before: AllocationState,
): Partial<Computed> {
  const nodes = args.gpus.find((one) => one.hostId === outcome.placement.hostId)?.deviceNodes;
  const fields = {
    ...allocationFields(outcome, shape, args.engine, nodes),
    partitionConfig: configUnder(outcome.placement, args),
  };
  return { ...fields, ...keptContainer(operation, before, fields, args) };
}

/** Name of the GpuPartitionConfig whose devices they are: several can share a host, and two hosts have the same addresses. */
function configUnder({ hostId, devices }: Placement, args: AllocationArgs): string {
  const index = args.gpus.findIndex(
    (one) => one.hostId === hostId && one.partitions.some(({ id }) => id === devices[0]?.id),
  );
  return parseKey(args.hosts[index]?.identity.key ?? "").name;
}

/**
 * While another GPU of the host changes, the device files of this model's GPUs are not all known to the configuration, and
 * yet stay what they were.
 */
function keptContainer(
  { declarations }: Operation,
  { computed: { container, partitionIds } }: AllocationState,
  fields: Partial<Computed>,
  args: AllocationArgs,
): Partial<Computed> {
  if (fields.container !== undefined || container === undefined) return {};
  if (!sameValue(partitionIds, fields.partitionIds)) return {};
  const touched = args.hosts.some((access) => {
    const declared = declarations.of(access.identity.key);
    return (
      declared?.state !== "planned" ||
      (fields.devices ?? []).some((device) => declared.plan.blastRadius.gpus.includes(device.gpu))
    );
  });
  return touched ? {} : { container };
}

interface Shown {
  readonly outcome: Found;
  readonly shape: ModelShape;
  readonly args: AllocationArgs;
  readonly notes: readonly string[];
}

/** What was said when the model was placed is not said again in every preview. */
function placementNotes(
  { computed: before }: AllocationState,
  computed: Partial<Computed>,
  { outcome, shape, args, notes }: Shown,
): readonly Note[] {
  const [devices, memory] = [fresh(computed.devices ?? []), fresh(computed.memory ?? {})];
  if (sameValue(before.devices, devices) && sameValue(before.memory, memory)) return [];
  const warnings = [...outcome.warnings, ...engineWarnings(args.engine, shape, args)];
  return [
    info(
      say["placed"]({
        model: shape.id,
        partitionConfig: args.gpus.length > 1 ? computed.partitionConfig : undefined,
        explanation: outcome.explanation,
      }),
    ),
    ...(shape.origin ? searched(shape) : []),
    ...[...outcome.notes.map(({ text }) => text), ...notes].map((note) =>
      info(say["placement-note"]({ note })),
    ),
    ...warnings.map((note) => warning(say["placement-warning"]({ note }))),
  ];
}

/** Where the model was found, when it was not where one looks first. */
const searched = ({ origin }: ModelShape): readonly Note[] =>
  origin === undefined || origin.step === "catalog" || origin.step === "explicit"
    ? []
    : [info(say["model-found"]({ detail: origin.detail }))];

/** Every failure begins with the property it is about; one that is not about a single field is about the model. */
const named = (error: string, shape: ModelShape): string =>
  error.startsWith(shape.id) ? `model ${error}` : error;
