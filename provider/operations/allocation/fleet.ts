import { formatBytes } from "../../bytes.ts";
import type { Pool, Reservation } from "../../scheduler/occupancy/pool.ts";
import { type FleetOutcome, scheduleFleet } from "../../scheduler/schedule-fleet.ts";
import type { Move } from "../../scheduler/solver/placements.ts";
import { type Fleet, fleetSchema } from "../../schema/fleet.ts";
import type { Fleets, Operation } from "../operation/operation.ts";

/** undefined for a model that is in no fleet. What is wrong with a member is said by its own check. */
export function readFleet(fleets: Fleets, hint: unknown): Fleet | undefined {
  if (typeof hint !== "string" || !hint.startsWith("{")) return undefined;
  return fleets.read(hint, () => fleetSchema.safeParse(JSON.parse(hint)).data);
}

/** Where the members of a fleet go. One that is no model is left out: its own check says why. */
export function solveFleet(
  { fleets, findModel }: Operation,
  hint: string,
  fleet: Fleet,
  pool: Pool,
  reservations: readonly Reservation[],
): Promise<FleetOutcome> {
  const devices = pool.devices.map(({ hostId, id, capacity }) => `${hostId} ${id} ${capacity}`);
  return fleets.solve(JSON.stringify([hint, devices]), async () => {
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
