import { rebalanceRemedies } from "../../scheduler/advice/rebalance-remedy.ts";
import type { Remedy } from "../../scheduler/advice/remedy.ts";
import type { Pool, Reservation } from "../../scheduler/occupancy/pool.ts";
import type { AntiAffinity } from "../../scheduler/occupancy/pool.ts";
import { unreservedReservations } from "../../scheduler/occupancy/unreserved-use.ts";
import { reservationOf } from "../../scheduler/solver/placements.ts";
import type { AllocationArgs } from "../../schema/allocation.ts";
import type { Operation } from "../operation/operation.ts";
import type { AllocationState, Computed } from "../state/allocation-state.ts";
import { heldByMember, notesOnFleet, readFleet, solveFleet } from "./fleet.ts";
import { type HostContext, poolUnder, withOwn } from "./host-context.ts";

/** Where one model is to be placed, and beside whom. */
export interface Problem {
  /** The model's own wishes, narrowed to the place its fleet has for it. */
  readonly options: AllocationArgs;
  readonly pool: Pool;
  /** Of other models, with the places that this operation gives to the rest of a fleet; and its own, which it keeps if it can. */
  readonly reservations: readonly Reservation[];
  readonly antiAffinity: AntiAffinity | undefined;
  readonly notes: readonly string[];
  /** What would let all members of the fleet fit, for one that has no place. */
  readonly fleetRemedies: readonly Remedy[];
}

/**
 * A model that is in no fleet is placed among all devices of its configurations. A member of a fleet is placed where the fleet has a
 * place for it; one for which there is none is left with its own wishes, beside all others, and is then refused with its own
 * arithmetic.
 *
 * @param hint the fleet as the program sends it with each member.
 */
export async function problemOf(
  operation: Operation,
  hint: unknown,
  args: AllocationArgs,
  before: AllocationState,
  context: HostContext,
  kept: Partial<Computed> | undefined,
): Promise<Problem> {
  const pool = poolUnder(args);
  const reservations = withOwn(operation.declarations, context.reservations, before, args);
  const alone = {
    options: args,
    pool,
    reservations,
    antiAffinity: undefined,
    notes: [],
    fleetRemedies: [],
  };
  const fleet = readFleet(operation.fleets, hint);
  if (!fleet || typeof hint !== "string") return alone;
  const { key } = args.identity;
  // One place is found for all, so one model that keeps away from what processes use makes all of them do so.
  const foreign = fleet.members.some((member) => member.respectForeignUse) ? context.foreignUse : [];
  const held = [...reservations, ...unreservedReservations(foreign, pool, reservations)];
  const outcome = await solveFleet(operation, hint, fleet, pool, held);
  const placed = outcome.placements.find((placement) => placement.key === key);
  const members = new Set(fleet.members.map((member) => member.key));
  const rest = outcome.placements.filter((placement) => placement.key !== key).map(reservationOf);
  const others = [
    ...reservations.filter((reservation) => reservation.key === key || !members.has(reservation.key)),
    ...rest,
  ];
  const own = fleet.members.find((one) => one.key === key);
  // The fleet took a model for unchanged that has other arguments by now: its own check places it beside all others.
  const mistaken = kept === undefined && own !== undefined && heldByMember(own, held) !== undefined;
  const antiAffinity = own?.antiAffinity;
  if (!placed || mistaken)
    return { ...alone, reservations: others, antiAffinity, fleetRemedies: rebalanceRemedies(outcome) };
  // A pin names devices by ids, which two hosts can have in common.
  const isThere = ({ hostId }: { readonly hostId: string }): boolean => hostId === placed.hostId;
  return {
    options: {
      ...args,
      tensorParallel: placed.tensorParallel,
      pin: { partitions: placed.devices.map((device) => device.id) },
    },
    pool: { devices: pool.devices.filter(isThere), domains: pool.domains.filter(isThere) },
    reservations: others.filter(isThere),
    antiAffinity,
    notes: notesOnFleet(outcome, key),
    fleetRemedies: [],
  };
}
