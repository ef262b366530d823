import { type HostObservation } from "../../detection/observation.ts";
import { gpuOf } from "../../topology/layout.ts";
import type { Plan } from "../plan/plan.ts";
import { obstacles } from "./obstacles.ts";

/** What the user allows a change to do. */
export interface ChangePolicy {
  readonly driverReload: "allow" | "refuse";
  /** Reservations of these keys (project/stack/) do not stand in the way: the same engine run removes them first. */
  readonly ownPrefix: string;
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
): readonly string[] {
  if (planned.steps.length === 0) return [];
  const reasons: string[] = [];
  if (planned.blastRadius.driverReload && policy.driverReload === "refuse") {
    reasons.push(
      `the change reloads the driver of all GPUs, which driverReload: "refuse" forbids; keep the memory mode or allow it`,
    );
  }
  const touched = new Set(planned.blastRadius.gpus);
  const others = observation.record.reservations.filter(
    (reservation) =>
      !reservation.key.startsWith(policy.ownPrefix) &&
      reservation.devices.some((claim) => touched.has(gpuOf(claim.id))),
  );
  for (const reservation of others) {
    const ids = reservation.devices.map((claim) => claim.id).join(", ");
    reasons.push(
      `${reservation.key} has ${reservation.model} on ${ids}, which would vanish; remove that allocation first`,
    );
  }
  const foreign = Object.entries(observation.record.owners).flatMap(([key, gpus]) =>
    key === policy.ownKey
      ? []
      : gpus.filter((gpu) => planned.gpus.some((change) => change.gpu === gpu)).map((gpu) => ({ key, gpu })),
  );
  for (const { key, gpu } of foreign) {
    const advice = planned.blastRadius.driverReload
      ? "a memory mode is the whole host's, so declare the same in both, or remove it there"
      : "one GPU has one owner, so skip it here or remove it there";
    reasons.push(`${gpu} is declared by ${key}; ${advice}`);
  }
  reasons.push(...obstacles(observation, planned, policy.ownKey));
  return reasons;
}
