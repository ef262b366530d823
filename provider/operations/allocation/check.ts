import { tryReach } from "../../access/reachable.ts";
import { toRecord } from "../../host-record/reservations.ts";
import type { ModelShape } from "../../models/shape/shape.ts";
import type { Reservation } from "../../scheduler/occupancy/pool.ts";
import { schedule } from "../../scheduler/schedule.ts";
import { type AllocationArgs, allocationArgsSchema } from "../../schema/allocation.ts";
import { openAllocationKeys } from "../../wire/allocation-outputs.ts";
import { fresh, type Properties, without } from "../../wire/handler.ts";
import { sameValue, UNKNOWN } from "../../wire/unknowns.ts";
import { answerTo, type Checked, info, warning } from "../checked.ts";
import { readIdentity } from "../operation/keys.ts";
import { operationMessages } from "../operation/messages.ts";
import type { Operation } from "../operation/operation.ts";
import { type Computed, readAllocationState } from "../state/allocation-state.ts";
import { validate } from "../validate.ts";
import { computedOf } from "./computed.ts";
import { declarationDigest } from "./declaration-digest.ts";
import { problemsWithGpus, usableGpus } from "./foreign-gpus.ts";
import { hostContext, poolUnder } from "./host-context.ts";
import { heldBy, keptEstimate, keptPlacement, keptReservation, ownGpus } from "./kept-placement.ts";
import { allocationMessages as say } from "./messages.ts";
import { estimateNotes, placementNotes } from "./placement-notes.ts";
import { problemOf } from "./problem.ts";

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
  const validated = validate(allocationArgsSchema, wanted, problemsWithGpus);
  const answer = answerTo<Computed>(news, provider, openAllocationKeys);
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
  const context = await tryReach(async () => {
    const found = await usableGpus(operation, args, before);
    return { ...found, ...(await hostContext(operation, found.usable)) };
  });
  if (!context.reached) {
    const { reason, mistake } = context;
    if (mistake) return answer(inputs, {}, { failures: [say["host-refused"]({ reason })] });
    const note = say[kept ? "unreachable-keeps-placement" : "unreachable-places-later"]({ reason });
    // Without the modes of its GPUs, which nobody can tell now, the placement is another one in state than it was.
    return answer(kept ? { ...inputs, gpus: before.gpus } : inputs, kept ?? {}, { notes: [warning(note)] });
  }
  const { usable, failures } = context.value;
  if (failures.length > 0) return answer(inputs, {}, { failures });
  const problem = await problemOf(operation, news["fleet"], usable, before, context.value, kept);
  const outcome = schedule({
    key,
    shape: model.shape,
    ...problem,
    hosts: context.value.hosts,
    unreservedUse: context.value.unreservedUse,
    held: heldBy(kept),
  });
  if (!outcome.success)
    return answer(
      inputs,
      {},
      { failures: [say["model-refused"]({ lines: named(outcome.error, model.shape).split("\n") })] },
    );
  const reservation = {
    ...outcome.reservation,
    model: `${model.shape.id} (${outcome.memory.dtype})`,
    declared: declarationDigest(args),
  };
  operation.placements.note({ reservation, pool: poolUnder(usable) });
  const computed = {
    ...computedOf(operation, outcome, model.shape, args, before),
    ...keptEstimate(kept, outcome.placement),
    ...(problem.fleetPlacement && { fleetPlacement: problem.fleetPlacement }),
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
        ...context.value.notes,
        ...outcome.unreservedUse.map((use) =>
          (use.code === "unreserved-use-exceeds" ? warning : info)(
            say["unreserved-use"]({ sentence: use.text }),
          ),
        ),
        ...estimateNotes(computed, outcome, model.shape),
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

/** Every failure begins with the property it is about; one that is not about a single field is about the model. */
const named = (error: string, shape: ModelShape): string =>
  error.startsWith(shape.id) ? `model ${error}` : error;
