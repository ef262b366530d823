import type { AllocationArgs } from "../../schema/allocation.ts";
import { only, type Properties, without } from "../handler.ts";
import { sameValue } from "../unknowns.ts";
import { ALLOCATION_KEYS } from "./keys.ts";

/** Fields that do not change which devices a model gets or what it needs there. */
const WIRING_KEYS = ["gpus", "hosts", "identity", "__provider", ...ALLOCATION_KEYS];

/** What was computed before, while the same is declared. */
export const keptPlacement = (olds: Properties, inputs: Properties): Properties | undefined =>
  sameValue(without(olds, WIRING_KEYS), without(inputs, WIRING_KEYS)) && olds["devices"] !== undefined
    ? only(olds, ALLOCATION_KEYS)
    : undefined;

interface OnGpus {
  readonly hostId: string;
  readonly devices: readonly { readonly gpu: string }[];
}

/**
 * What is kept of `gpus`: the modes of the GPUs the model is on. All devices of all GPUs would fill the state, and would
 * change with every change of a GPU that is none of this model's business.
 */
export const ownGpus = (args: AllocationArgs, { hostId: ownHost, devices }: OnGpus) =>
  args.gpus.map(({ hostId, layout }) => ({
    hostId,
    layout: only(layout, hostId === ownHost ? devices.map((device) => device.gpu) : []),
  }));

/** The same of a placement that is kept. */
export function gpusOfKept(olds: Properties, args: AllocationArgs): ReturnType<typeof ownGpus> {
  return ownGpus(args, {
    hostId: String(olds["hostId"]),
    devices: olds["devices"] as OnGpus["devices"],
  });
}
