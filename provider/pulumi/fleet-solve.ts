import { formatBytes } from "../bytes.ts";
import { lookupModel } from "../models/catalog.ts";
import { shapeOfSpec } from "../models/shape.ts";
import type { Pool, Reservation } from "../scheduler/pool.ts";
import { type FleetOutcome, scheduleFleet } from "../scheduler/schedule-fleet.ts";
import { type Fleet, type FleetMember, fleetSchema } from "../schema/fleet.ts";

/**
 * Answers of this operation, by the question: the first allocation of a fleet that is checked places all, and the others take
 * their part.
 */
const solved = new Map<string, FleetOutcome>();

export function parseFleet(hint: unknown): Fleet | undefined {
  if (typeof hint !== "string" || !hint.startsWith("{")) return undefined;
  const parsed = fleetSchema.safeParse(JSON.parse(hint));
  // What is wrong with a member is said by its own check.
  return parsed.success ? parsed.data : undefined;
}

/** Where the members of a fleet go. */
export function solveFleet(
  hint: string,
  fleet: Fleet,
  pool: Pool,
  reservations: () => readonly Reservation[],
): FleetOutcome {
  const devices = pool.devices.map(({ hostId, id, capacity }) => `${hostId} ${id} ${capacity}`);
  const question = JSON.stringify([hint, devices]);
  const known = solved.get(question);
  if (known) return known;
  const requests = fleet.members.flatMap((member) => {
    const shape = shapeOf(member);
    return shape ? [{ key: member.key, shape, options: member, antiAffinity: member.antiAffinity }] : [];
  });
  const outcome = scheduleFleet(pool, reservations(), requests, { rebalance: fleet.rebalance });
  solved.set(question, outcome);
  return outcome;
}

function shapeOf({ model }: FleetMember) {
  if (typeof model !== "string") return shapeOfSpec(model);
  const found = lookupModel(model);
  return found.ok ? found.model : undefined;
}

/** What is said of one member besides its own arithmetic: its move, and how good the whole is. */
export function notesOnFleet(outcome: FleetOutcome, key: string): readonly string[] {
  const move = outcome.moves.find((one) => one.key === key);
  const { devices, optimal } = outcome.proof;
  const gap = optimal ? "" : `, and it cannot be fewer than ${devices.atLeast}`;
  return [
    ...(move
      ? [
          `moves from ${move.from.deviceIds.join(", ")} to ${move.to.deviceIds.join(", ")}: ${formatBytes(move.bytes)} to load again`,
        ]
      : []),
    `placed together with ${outcome.placements.length - 1} others on ${devices.value} more devices${gap}`,
  ];
}
