import { keysOf } from "../../resource-key.ts";
import { rebalanceRemedies } from "../../scheduler/advice/rebalance-remedy.ts";
import type { Remedy } from "../../scheduler/advice/remedy.ts";
import type { Pool, Reservation } from "../../scheduler/occupancy/pool.ts";
import type { AntiAffinity } from "../../scheduler/occupancy/pool.ts";
import { unreservedReservations } from "../../scheduler/occupancy/unreserved-use.ts";
import type { Placement } from "../../scheduler/request.ts";
import type { FleetOutcome } from "../../scheduler/schedule-fleet.ts";
import { reservationOf } from "../../scheduler/solver/placements.ts";
import type { AllocationArgs } from "../../schema/allocation.ts";
import type { FleetPlacement } from "../../wire/allocation-outputs.ts";
import { shortDigest } from "../../wire/short-digest.ts";
import { sameValue } from "../../wire/unknowns.ts";
import type { Operation } from "../operation/operation.ts";
import type { AllocationState, Computed } from "../state/allocation-state.ts";
import { heldByMember, notesOnFleet, readFleet, solveFleet, underMembers } from "./fleet.ts";
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
  /** undefined for a model that its fleet has no place for, or that is in none. */
  readonly fleetPlacement: FleetPlacement | undefined;
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
    fleetPlacement: undefined,
    fleetRemedies: [],
  };
  const fleet = readFleet(operation.fleets, hint);
  if (!fleet || typeof hint !== "string") return alone;
  const { key } = args.identity;
  const own = fleet.members.find((member) => keysOf(member).includes(key));
  // One place is found for all, so one model that keeps away from what processes use makes all of them do so.
  const foreign = fleet.members.some((member) => member.respectForeignUse) ? context.unreservedUse : [];
  const held = underMembers(fleet, [...reservations, ...unreservedReservations(foreign, pool, reservations)]);
  const outcome = await solveFleet(operation, hint, fleet, pool, held);
  const placed = outcome.placements.find((placement) => placement.key === own?.key);
  const members = new Set(fleet.members.flatMap(keysOf));
  const rest = outcome.placements.filter((placement) => placement !== placed).map(reservationOf);
  const others = [
    ...reservations.filter((reservation) => reservation.key === key || !members.has(reservation.key)),
    ...rest,
  ];
  // The fleet took a model for unchanged that has other arguments by now: its own check places it beside all others.
  const mistaken = kept === undefined && own !== undefined && heldByMember(own, held) !== undefined;
  const antiAffinity = own?.antiAffinity;
  if (!own || !placed || mistaken)
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
    notes: notesOnFleet(outcome, own.key),
    fleetPlacement: fleetPlacement(hint, outcome, own.key, before, placed),
    fleetRemedies: [],
  };
}

/** A model that stays keeps what was found when it was placed: the proof that it was placed with, and the move that brought it there. */
function fleetPlacement(
  hint: string,
  { moves, proof }: FleetOutcome,
  key: string,
  { computed }: AllocationState,
  placed: Placement,
): FleetPlacement | undefined {
  const ids = placed.devices.map(({ id }) => id);
  if (computed.hostId === placed.hostId && sameValue(computed.partitionIds, ids))
    return computed.fleetPlacement;
  const move = moves.find((one) => one.key === key);
  return {
    digest: shortDigest(hint),
    proof,
    ...(move && { move: { from: move.from, to: move.to, bytes: move.bytes } }),
  };
}
