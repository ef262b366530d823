import { gpuOf } from "../../topology/layout.ts";
import { ALLOCATION_KEYS } from "../../wire/allocation-outputs.ts";
import type { DiffOutcome } from "../../wire/handler.ts";
import { sameValue, UNKNOWN } from "../../wire/unknowns.ts";
import type { Declarations } from "../operation/declarations.ts";
import type { AllocationState } from "../state/allocation-state.ts";

/** Another proof for the fleet is no change of a model that stays where it is. */
const OWN_KEYS = ALLOCATION_KEYS.filter((key) => key !== "fleetPlacement");

/**
 * The engine asks twice. Once as usual; and once, before a GpuPartitionConfig is replaced, with `gpus` unknown and all
 * else as it was: does this model have to be drained? Yes, if the planned layout touches this model's GPUs. The models on other
 * GPUs stay.
 */
export function allocationDiff(
  declarations: Declarations,
  before: AllocationState,
  after: AllocationState,
): DiffOutcome {
  if (after.gpus === UNKNOWN) return drain(declarations, before);
  const [olds, news] = [before.computed, after.computed];
  if (olds.hostId !== undefined && news.hostId !== undefined && olds.hostId !== news.hostId)
    return { changes: true, replaces: ["hostId"], deleteBeforeReplace: true };
  const changes =
    before.reservationRevision !== after.reservationRevision ||
    after.open.size > 0 ||
    OWN_KEYS.some((key) => !sameValue(olds[key], news[key])) ||
    !sameValue(before.declared, after.declared) ||
    !sameValue(before.gpus, after.gpus) ||
    !sameValue(hostsIn(before), hostsIn(after));
  return { changes };
}

/** A configuration under another name is the same configuration. */
const hostsIn = ({ hosts }: AllocationState): unknown =>
  hosts.map((host) => ({ ...host, identity: host.identity.key }));

function drain(declarations: Declarations, { hosts, computed }: AllocationState): DiffOutcome {
  const declared = hosts.flatMap((host) => declarations.of(host.identity.key) ?? []);
  const plans = declared.flatMap((one) =>
    one.state === "planned" && one.hostId === computed.hostId ? [one.plan] : [],
  );
  // A configuration that does not know its host yet changes nothing that could be drained now.
  if (plans.length === 0 && declared.some((one) => one.state === "unknown")) return { changes: false };
  const touched = new Set(plans.flatMap((plan) => plan.blastRadius.gpus));
  // No plan for this host: the configuration has moved to another one, and its models go with it.
  const mustGo =
    plans.length === 0 || (computed.devices ?? []).some((device) => touched.has(gpuOf(device.id)));
  return mustGo ? { changes: true, replaces: ["gpus"], deleteBeforeReplace: true } : { changes: false };
}
