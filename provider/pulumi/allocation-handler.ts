import { withoutReservation } from "../host-record/changes.ts";
import { checkAllocation } from "./allocation-check.ts";
import { allocationDiff } from "./allocation-diff.ts";
import { accessTo, allocationKey, reserve } from "./allocation-reserve.ts";
import { withoutStacks } from "./failing.ts";
import { fresh, type Handler, type Properties } from "./handler.ts";
import { hostOf } from "./operation.ts";

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
  update: async (_id, _olds, news) => ({ outs: await place(news) }),
  read,
  delete: remove,
});
