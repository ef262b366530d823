import { type HostObservation } from "../../detection/observation.ts";
import type { Message } from "../../message.ts";
import { formatKey, parseKey } from "../../resource-key.ts";
import { gpuOf } from "../../topology/layout.ts";
import type { Plan } from "../plan/plan.ts";
import { refuseMessages as say } from "./messages.ts";
import { obstacles } from "./obstacles.ts";

/** What the user allows a change to do. */
export interface ChangePolicy {
  readonly driverReload: "allow" | "refuse";
  /** Reservations of these keys (project/stack/) do not stand in the way: the same engine run removes them first. */
  readonly ownPrefixes: readonly string[];
  /** project/stack/name of the declaration itself. */
  readonly ownKey: string;
  /** What to do when processes use a GPU that would change. */
  readonly inUse: "refuse" | "wait";
  /** Milliseconds to wait for them at most. */
  readonly inUseMs: number;
  /** systemd units to stop before and start again after. */
  readonly services: readonly string[];
}

/** Why a planned change must not begin, whatever runs: each reason with what to do. Empty = go on. */
export function policyRefusals(
  observation: HostObservation,
  planned: Plan,
  policy: ChangePolicy,
): readonly Message[] {
  if (planned.steps.length === 0) return [];
  const { driverReload } = planned.blastRadius;
  const { reservations, owners } = observation.record;
  const touched = new Set(planned.blastRadius.gpus);
  const others = reservations.filter(
    (reservation) =>
      !policy.ownPrefixes.some((prefix) => reservation.key.startsWith(prefix)) &&
      reservation.devices.some((claim) => touched.has(gpuOf(claim.id))),
  );
  const foreign = Object.entries(owners).flatMap(([key, gpus]) =>
    key === policy.ownKey
      ? []
      : gpus.filter((gpu) => planned.gpus.some((change) => change.gpu === gpu)).map((gpu) => ({ key, gpu })),
  );
  return [
    ...(driverReload && policy.driverReload === "refuse" ? [say["driver-reload-forbidden"]()] : []),
    ...others.map(({ key, model, devices }) =>
      say["model-in-the-way"]({ key, model, deviceIds: devices.map((claim) => claim.id) }),
    ),
    ...foreign.map((owned) =>
      say["gpu-of-another-owner"]({
        ...owned,
        driverReload,
        formerStack: formerStackOf(owned.key, policy.ownKey),
      }),
    ),
    ...obstacles(observation, planned, policy.ownKey),
  ];
}

/**
 * The stack of another owner that differs from ours in the stack only. A forced replacement (`--replace`, a taint) is checked without the
 * state that would tell whether this stack had that name.
 */
function formerStackOf(owner: string, own: string): string | undefined {
  const [theirs, ours] = [parseKey(owner), parseKey(own)];
  const isSame = formatKey({ ...theirs, stack: ours.stack }) === formatKey(ours);
  return isSame && theirs.stack !== ours.stack ? theirs.stack : undefined;
}
