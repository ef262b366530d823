import { formatBytes } from "../../bytes.ts";
import { counted } from "../../message.ts";
import { keysOf } from "../../resource-key.ts";
import type { Held } from "../../scheduler/demand.ts";
import type { Pool, Reservation } from "../../scheduler/occupancy/pool.ts";
import { type FleetOutcome, scheduleFleet } from "../../scheduler/schedule-fleet.ts";
import type { Move } from "../../scheduler/solver/placements.ts";
import { type Fleet, fleetSchema } from "../../schema/fleet.ts";
import type { Fleets, Operation } from "../operation/operation.ts";
import { declarationDigest } from "./declaration-digest.ts";

/** undefined for a model that is in no fleet. What is wrong with a member is said by its own check. */
export function readFleet(fleets: Fleets, hint: unknown): Fleet | undefined {
  if (typeof hint !== "string" || !hint.startsWith("{")) return undefined;
  return fleets.read(hint, () => fleetSchema.safeParse(JSON.parse(hint)).data);
}

type Member = Fleet["members"][number];

/** What a renamed member holds under a former key, as held under the key it has in the fleet. */
export function underMembers(
  { members }: Fleet,
  reservations: readonly Reservation[],
): readonly Reservation[] {
  const present = new Map(members.flatMap((member) => keysOf(member).map((key) => [key, member.key])));
  return reservations.map((one) => ({ ...one, key: present.get(one.key) ?? one.key }));
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
    const requestsBy = (holds: typeof heldByMember) =>
      found.flatMap(({ member, model }) =>
        model.ok
          ? [
              {
                key: member.key,
                shape: model.shape,
                options: member,
                antiAffinity: member.antiAffinity,
                held: holds(member, reservations),
              },
            ]
          : [],
      );
    const place = (holds: typeof heldByMember): FleetOutcome =>
      scheduleFleet(pool, reservations, requestsBy(holds), { rebalance: fleet.rebalance });
    const outcome = place(heldByMember);
    const untold = fleet.members.some(({ key }) =>
      reservations.some((one) => one.key === key && one.declared === undefined),
    );
    if (!untold || outcome.placements.length === found.length) return outcome;
    // A model has no place: a reservation that does not tell what it was declared with may be of other arguments by now.
    const estimated = place(heldAsDeclared);
    return estimated.placements.length > outcome.placements.length ? estimated : outcome;
  });
}

/**
 * What a member holds that is declared as it was. A reservation that does not tell, of an earlier release, is taken for such a one: the
 * check of the member itself knows better.
 */
export const heldByMember = (member: Member, reservations: readonly Reservation[]): Held | undefined =>
  heldWhere(
    member,
    reservations,
    (declared) => declared === undefined || declared === declarationDigest(member),
  );

/** What a member holds of which the record tells that it is declared as it was. */
const heldAsDeclared = (member: Member, reservations: readonly Reservation[]): Held | undefined =>
  heldWhere(member, reservations, (declared) => declared === declarationDigest(member));

function heldWhere(
  { key }: Member,
  reservations: readonly Reservation[],
  isSame: (declared: string | undefined) => boolean,
): Held | undefined {
  const own = reservations.find((one) => one.key === key);
  return own && isSame(own.declared)
    ? { tensorParallel: own.deviceIds.length, bytesPerDevice: own.bytesPerDevice }
    : undefined;
}

/** Two hosts can have devices of one id. */
const placeOf = ({ hostId, deviceIds }: Move["from"], { from, to }: Move): string =>
  `${deviceIds.join(", ")}${from.hostId === to.hostId ? "" : ` on ${hostId}`}`;

/** What is said of one member besides its own arithmetic: its move, and how good the whole is. */
export function notesOnFleet(outcome: FleetOutcome, key: string): readonly string[] {
  const move = outcome.moves.find((one) => one.key === key);
  const { devices, optimal } = outcome.proof;
  const bound = optimal ? "" : ` (lower bound ${devices.atLeast})`;
  return [
    ...(move
      ? [
          `moves from ${placeOf(move.from, move)} to ${placeOf(move.to, move)} and loads ${formatBytes(move.bytes)} again`,
        ]
      : []),
    `placed with ${counted(outcome.placements.length - 1, "other model")}; ${outcome.placements.length === 1 ? "it opens" : "together they open"} ${counted(devices.value, "device")}${bound}`,
  ];
}
