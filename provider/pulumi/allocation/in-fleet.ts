import { foreignReservations } from "../../scheduler/foreign-use.ts";
import { reservationOf } from "../../scheduler/place.ts";
import type { Pool, Reservation } from "../../scheduler/pool.ts";
import { rebalanceRemedies } from "../../scheduler/rebalance-remedy.ts";
import type { Remedy } from "../../scheduler/remedy.ts";
import type { AntiAffinity } from "../../scheduler/request.ts";
import type { AllocationArgs } from "../../schema/allocation.ts";
import type { Properties } from "../handler.ts";
import { notesOnFleet, parseFleet, solveFleet } from "./fleet-solve.ts";
import type { Surroundings } from "./surroundings.ts";

export interface InFleet {
  /** The model's own wishes, narrowed to the place the fleet has for it. */
  readonly options: AllocationArgs;
  /** The devices of the host it is to be on. A pin names devices by ids, which two hosts can have in common. */
  readonly pool: Pool;
  /** Of others, with the places that this operation gives to the rest of the fleet. */
  readonly reservations: readonly Reservation[];
  readonly antiAffinity: AntiAffinity | undefined;
  readonly notes: readonly string[];
  /** What would let all members fit, for one that has no place. */
  readonly remedies: readonly Remedy[];
}

/**
 * The place that its fleet has for a model; undefined for one that is in no fleet. One that the fleet has no place for is left
 * with its own wishes, beside all others, and is then refused with its own arithmetic.
 */
export async function inFleet(
  news: Properties,
  args: AllocationArgs,
  pool: Pool,
  { reservations, foreignUse }: Pick<Surroundings, "reservations" | "foreignUse">,
): Promise<InFleet | undefined> {
  const hint = news["fleet"];
  const fleet = parseFleet(hint);
  const { key } = args.identity;
  if (!fleet || typeof hint !== "string") return undefined;
  // One place is found for all, so one model that keeps away from what processes use makes all of them do so.
  const foreign = fleet.members.some((member) => member.respectForeignUse) ? foreignUse : [];
  const held = [...reservations, ...foreignReservations(foreign, pool, reservations)];
  const outcome = await solveFleet(hint, fleet, pool, held);
  const placed = outcome.placements.find((one) => one.key === key);
  const members = new Set(fleet.members.map((member) => member.key));
  const rest = outcome.placements.filter((one) => one.key !== key).map(reservationOf);
  const others = [...reservations.filter((one) => one.key === key || !members.has(one.key)), ...rest];
  const antiAffinity = fleet.members.find((member) => member.key === key)?.antiAffinity;
  if (!placed) {
    return {
      options: args,
      pool,
      reservations: others,
      antiAffinity,
      notes: [],
      remedies: rebalanceRemedies(outcome),
    };
  }
  const isThere = (one: { readonly hostId: string }): boolean => one.hostId === placed.hostId;
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
    remedies: [],
  };
}
