import { withoutReservation } from "../../host-record/changes.ts";
import { fresh, type Handler, type Properties } from "../../wire/handler.ts";
import { sameValue } from "../../wire/unknowns.ts";
import { checkOutcome } from "../checked.ts";
import { withoutStacks } from "../failing.ts";
import { hostInState } from "../host-in-state.ts";
import { readIdentity } from "../operation/keys.ts";
import type { Operation } from "../operation/operation.ts";
import { type AllocationState, readAllocationState } from "../state/allocation-state.ts";
import { checkAllocation } from "./check.ts";
import { accessTo, reserve } from "./create.ts";
import { allocationDiff } from "./diff.ts";
import { recordFor, recordToWrite } from "./reservations.ts";

/** What a reservation on the host is made of. */
const reserved = ({ computed, declared, reservationRevision }: AllocationState): unknown => [
  computed.hostId,
  computed.partitionIds,
  computed.memory?.perDeviceBytes,
  declared["exclusive"],
  declared["model"],
  declared["precision"],
  reservationRevision,
];

async function create(operation: Operation, inputs: Properties): ReturnType<Handler["create"]> {
  const checked = readAllocationState(inputs);
  await reserve(operation, checked);
  return { id: `${checked.computed.hostId}/${checked.identity?.key}`, outs: fresh(inputs) };
}

/** New credentials, or another index of the same device, are no business of the host. */
async function update(
  operation: Operation,
  olds: Properties,
  news: Properties,
): ReturnType<Handler["update"]> {
  const [before, after] = [readAllocationState(olds), readAllocationState(news)];
  if (!sameValue(reserved(before), reserved(after))) await reserve(operation, after);
  return { outs: fresh(news) };
}

async function read(operation: Operation, id: string, props: Properties): ReturnType<Handler["read"]> {
  const state = readAllocationState(props);
  const { host } = await hostInState(operation, await accessTo(operation, state), state.computed.hostId);
  const { observation } = host;
  const { identity } = state;
  const record = identity ? recordFor(identity, observation.record) : observation.record;
  // The reservation is the resource: without it the model has no place any more, and the next up gives it one.
  if (!record.reservations.some(({ key }) => key === identity?.key)) return {};
  return { id, props: fresh(props) };
}

async function remove(operation: Operation, props: Properties): Promise<void> {
  const state = readAllocationState(props);
  const { identity, computed } = state;
  if (!identity) return;
  // The other half of a replacement on this host has the reservation, or is about to write it.
  if (operation.placements.of(identity.key)?.reservation.hostId === computed.hostId) return;
  const { host } = await hostInState(operation, await accessTo(operation, state), computed.hostId);
  await host.partitioner?.record.update((record) =>
    withoutReservation(recordToWrite(identity, record), identity.key),
  );
}

export const allocationHandler = (operation: Operation): Handler =>
  withoutStacks({
    check: async (olds, news) =>
      checkOutcome(
        await checkAllocation(operation, olds, news),
        operation.log(readIdentity(news["identity"])?.urn ?? ""),
      ),
    diff: async (_id, olds, news) =>
      allocationDiff(operation.declarations, readAllocationState(olds), readAllocationState(news)),
    create: (inputs) => create(operation, inputs),
    update: (_id, olds, news) => update(operation, olds, news),
    read: (id, props) => read(operation, id, props),
    delete: (_id, props) => remove(operation, props),
  });
