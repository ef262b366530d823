import { withoutReservation } from "../../host-record/changes.ts";
import { withoutStacks } from "../failing.ts";
import { fresh, type Handler, type Properties } from "../handler.ts";
import { hostOf } from "../operation.ts";
import { sameValue } from "../unknowns.ts";
import { checkAllocation } from "./check.ts";
import { allocationDiff } from "./diff.ts";
import { accessTo, allocationKey, reserve } from "./reserve.ts";

/** What a reservation on the host is made of. */
const RESERVED_KEYS = ["hostId", "partitionIds", "exclusive", "model", "precision"];

const isSameReservation = (olds: Properties, news: Properties): boolean =>
  RESERVED_KEYS.every((key) => sameValue(olds[key], news[key])) && bytesIn(olds) === bytesIn(news);

const bytesIn = (properties: Properties): unknown =>
  (properties["memory"] as { readonly perDeviceBytes?: number } | undefined)?.perDeviceBytes;

async function place(inputs: Properties): Promise<Record<string, unknown>> {
  await reserve(inputs);
  return fresh(inputs);
}

async function read(id: string, props: Properties): ReturnType<Handler["read"]> {
  const host = await hostOf(await accessTo(props));
  const key = allocationKey(props);
  const there = host.observation.record.reservations.some((one) => one.key === key);
  // The reservation is the resource: without it the model has no place any more, and the next up gives it one.
  if (!there) return {};
  return { id, props: fresh(props) };
}

async function remove(_id: string, props: Properties): Promise<void> {
  const host = await hostOf(await accessTo(props));
  await host.partitioner?.record.update((record) => withoutReservation(record, allocationKey(props)));
}

export const allocationHandler: Handler = withoutStacks({
  check: checkAllocation,
  diff: async (_id, olds, news) => allocationDiff(olds, news),
  create: async (inputs) => ({
    id: `${inputs["hostId"] as string}/${allocationKey(inputs)}`,
    outs: await place(inputs),
  }),
  // New credentials, or another index of the same device, are no business of the host.
  update: async (_id, olds, news) => ({
    outs: isSameReservation(olds, news) ? fresh(news) : await place(news),
  }),
  read,
  delete: remove,
});
