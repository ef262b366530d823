import { formatBytes } from "../../bytes.ts";
import type { Move } from "../../scheduler/batch/outcome.ts";
import type { Pool, Reservation } from "../../scheduler/pool.ts";
import { type FleetOutcome, scheduleFleet } from "../../scheduler/schedule-fleet.ts";
import { type Fleet, fleetSchema } from "../../schema/fleet.ts";
import { once } from "../once.ts";
import { findModel } from "./find-model.ts";

/**
 * Answers of this operation, by the question: the first allocation of a fleet that is checked places all, and the others take
 * their part.
 */
const solved = new Map<string, Promise<FleetOutcome>>();

/** Every member brings the whole fleet, which is to be read once, not once for each. */
const read = new Map<string, Fleet | undefined>();

export function parseFleet(hint: unknown): Fleet | undefined {
  if (typeof hint !== "string" || !hint.startsWith("{")) return undefined;
  if (!read.has(hint)) {
    const parsed = fleetSchema.safeParse(JSON.parse(hint));
    // What is wrong with a member is said by its own check.
    read.set(hint, parsed.success ? parsed.data : undefined);
  }
  return read.get(hint);
}

/** Where the members of a fleet go. One that is no model is left out: its own check says why. */
export function solveFleet(
  hint: string,
  fleet: Fleet,
  pool: Pool,
  reservations: readonly Reservation[],
): Promise<FleetOutcome> {
  const devices = pool.devices.map(({ hostId, id, capacity }) => `${hostId} ${id} ${capacity}`);
  return once(solved, JSON.stringify([hint, devices]), async () => {
    const found = await Promise.all(
      fleet.members.map(async (member) => ({ member, model: await findModel(member.model) })),
    );
    const requests = found.flatMap(({ member, model }) =>
      model.ok
        ? [{ key: member.key, shape: model.shape, options: member, antiAffinity: member.antiAffinity }]
        : [],
    );
    return scheduleFleet(pool, reservations, requests, { rebalance: fleet.rebalance });
  });
}

/** Two hosts can have devices of one id. */
const placeOf = ({ hostId, deviceIds }: Move["from"], { from, to }: Move): string =>
  `${deviceIds.join(", ")}${from.hostId === to.hostId ? "" : ` on ${hostId}`}`;

/** What is said of one member besides its own arithmetic: its move, and how good the whole is. */
export function notesOnFleet(outcome: FleetOutcome, key: string): readonly string[] {
  const move = outcome.moves.find((one) => one.key === key);
  const { devices, optimal } = outcome.proof;
  const gap = optimal ? "" : `, and it cannot be fewer than ${devices.atLeast}`;
  return [
    ...(move
      ? [
          `moves from ${placeOf(move.from, move)} to ${placeOf(move.to, move)}: ${formatBytes(move.bytes)} to load again`,
        ]
      : []),
    `placed together with ${outcome.placements.length - 1} others on ${devices.value} more devices${gap}`,
  ];
}
