import { resolveServing, type Serving } from "../models/defaults.ts";
import type { MemoryEstimate } from "../models/estimate.ts";
import { estimateWarnings } from "../models/warnings.ts";
import { demandOf, requestOf } from "./demand.ts";
import { explainMisses, explainNeighbours, explainPlacement, explainRefusal } from "./explain.ts";
import { type MetUse, metUse } from "./foreign-use.ts";
import { openLedger } from "./ledger.ts";
import type { Miss } from "./misses.ts";
import { place, reservationOf } from "./place.ts";
import type { Reservation } from "./pool.ts";
import { rankWarnings } from "./rank-warnings.ts";
import { findRemedies, servingRemedies } from "./remedies.ts";
import type { Remedy } from "./remedy.ts";
import type { Placement, PlacementRequest } from "./request.ts";
import { respecting, type Situation } from "./situation.ts";

export type ScheduleOutcome =
  | {
      readonly success: true;
      readonly placement: Placement;
      readonly how: "new" | "kept" | "moved";
      /** To be added to the others; takes the place of one with the same key. */
      readonly reservation: Reservation;
      /** Of one rank, that is of each device. */
      readonly memory: MemoryEstimate;
      readonly serving: Serving;
      /** The arithmetic. Stable: it says nothing of neighbours and of what was before, so it can be kept in state. */
      readonly explanation: readonly string[];
      /** How it came about: neighbours, smaller sizes that were tried. Changes with the rest of the host. */
      readonly notes: readonly string[];
      /** What processes use of its devices beyond all reservations. Live. */
      readonly foreignUse: readonly MetUse[];
      /** What to know before relying on it. Stable. */
      readonly warnings: readonly string[];
    }
  | {
      readonly success: false;
      /** What failed and what would make it fit. */
      readonly error: string;
      /** The three GPUs that came nearest; empty when the model cannot be served like this anywhere. */
      readonly nearest: readonly Miss[];
      readonly remedies: readonly Remedy[];
    };

/** Estimates a model and finds devices for it: the whole way from a shape to a placement with its proof. Pure. */
export function schedule(asked: Situation): ScheduleOutcome {
  const situation = respecting(asked);
  const { key, shape, options, pool, reservations } = situation;
  const serving = resolveServing(shape, options);
  const demand = demandOf(shape, serving, options);
  if (!demand.ok) return { success: false, error: demand.error, nearest: [], remedies: [] };

  const result = place(pool, reservations, heldRequest(situation, requestOf(situation, demand.estimates)));
  const memory = result.placed ? demand.estimates.get(result.placement.tensorParallel) : undefined;
  if (!result.placed || !memory) {
    const remedies = findRemedies(situation);
    const nearest = result.placed ? [] : result.nearest;
    const error = refusalOf(shape.id, explainMisses(nearest, demand.estimates), remedies);
    return { success: false, error, nearest, remedies };
  }

  const { placement, how } = result;
  const neighbours = reservations.filter((reservation) => reservation.key !== key);
  const others = openLedger(pool, neighbours);
  return {
    success: true,
    placement,
    how,
    reservation: { ...reservationOf(placement), model: shape.id },
    memory,
    serving,
    explanation: explainPlacement(placement, memory, (device) => others.usable(device)),
    notes: [
      ...explainNeighbours(placement, others),
      // Of several sizes that are too small, the last is the one whose miss is of interest.
      ...result.rejected
        .slice(-1)
        .map((refusal) => `it does not fit on ${explainRefusal(refusal, demand.estimates)}`),
      ...fewerRanksAdvice(situation, placement),
    ],
    foreignUse: metUse(asked.foreignUse ?? [], pool, neighbours, placement),
    warnings: [...estimateWarnings(shape, serving), ...rankWarnings(placement, pool)],
  };
}

/** A running model is asked for what it holds, for as many ranks as it has; for any other number it is estimated. */
const heldRequest = ({ held }: Situation, request: PlacementRequest): PlacementRequest =>
  held === undefined
    ? request
    : {
        ...request,
        demandByTensorParallel: new Map([
          ...request.demandByTensorParallel,
          [held.tensorParallel, held.bytesPerDevice],
        ]),
      };

const lines = (title: string, items: readonly string[]): string => [title, ...items].join("\n  ");

/** One sentence in several lines: what failed, for the candidates that came nearest, and every single change that helps. */
function refusalOf(id: string, misses: readonly string[], remedies: readonly Remedy[]): string {
  const what =
    misses.length === 0 ? `${id} does not fit: there are no devices.` : lines(`${id} does not fit:`, misses);
  const advice =
    remedies.length === 0
      ? "No single change would make it fit."
      : lines(
          "It would fit with any one of:",
          remedies.map((remedy) => remedy.sentence),
        );
  return `${what}\n${advice}`;
}

/** Ranks on partitions pay for talking to each other, so say what one device would take instead. */
function fewerRanksAdvice(situation: Situation, placement: Placement): readonly string[] {
  if (situation.options.tensorParallel !== "auto" || placement.tensorParallel === 1) return [];
  const alone = { ...situation, options: { ...situation.options, tensorParallel: 1 as const } };
  const remedies = servingRemedies(alone);
  const sentences = remedies.map((remedy) => remedy.sentence).join(", or ");
  return remedies.length === 0 ? [] : [`one device would hold it with ${sentences}`];
}
