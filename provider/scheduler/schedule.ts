import { resolveServing, type Serving } from "../models/defaults.ts";
import type { MemoryEstimate } from "../models/estimate.ts";
import { estimateWarnings } from "../models/warnings.ts";
import { claims, demandOf } from "./demand.ts";
import { explainNeighbours, explainPlacement, explainRefusal } from "./explain.ts";
import { openLedger } from "./ledger.ts";
import { nearestRefusal, place, reservationOf } from "./place.ts";
import type { Reservation } from "./pool.ts";
import { findRemedies, type Remedy, servingRemedies, type Situation } from "./remedies.ts";
import type { Placement, Refusal } from "./request.ts";

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
      /** What to know before relying on it. Stable. */
      readonly warnings: readonly string[];
    }
  | {
      readonly success: false;
      /** What failed and what would make it fit. */
      readonly error: string;
      /** Nearest miss for each number of ranks; empty when the model cannot be served like this anywhere. */
      readonly nearest: readonly Refusal[];
      readonly remedies: readonly Remedy[];
    };

/** Estimates a model and finds devices for it: the whole way from a shape to a placement with its proof. Pure. */
export function schedule(situation: Situation): ScheduleOutcome {
  const { key, shape, options, pool, reservations } = situation;
  const serving = resolveServing(shape, options);
  const demand = demandOf(shape, serving, options.tensorParallel);
  if (!demand.ok) return { success: false, error: demand.error, nearest: [], remedies: [] };

  const result = place(pool, reservations, {
    key,
    demandByTensorParallel: claims(demand.estimates),
    tensorParallel: options.tensorParallel,
    strategy: options.strategy,
    exclusive: options.exclusive,
    pin: options.pin,
    antiAffinity: situation.antiAffinity,
  });
  const memory = result.placed ? demand.estimates.get(result.placement.tensorParallel) : undefined;
  if (!result.placed || !memory) {
    const remedies = findRemedies(situation);
    const nearest = nearestRefusal(result.rejected);
    const miss = nearest ? ` ${explainRefusal(nearest, demand.estimates)}` : "";
    const error = `${shape.id} does not fit${miss}. ${adviceOf(remedies)}`;
    return { success: false, error, nearest: result.rejected, remedies };
  }

  const { placement, how } = result;
  const others = openLedger(
    pool,
    reservations.filter((reservation) => reservation.key !== key),
  );
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
        .map((refusal) => `it does not fit ${explainRefusal(refusal, demand.estimates)}`),
      ...fewerRanksAdvice(situation, placement),
    ],
    warnings: [...estimateWarnings(shape, serving), ...rankWarnings(placement)],
  };
}

const adviceOf = (remedies: readonly Remedy[]): string =>
  remedies.length === 0
    ? "No single change would make it fit."
    : `It would fit with ${remedies.map((remedy) => remedy.sentence).join(", or ")}.`;

/** AMD's own word on ranks over partitions is that they suit light workloads; nobody has published more. */
const rankWarnings = (placement: Placement): readonly string[] =>
  placement.tensorParallel === 1
    ? []
    : [
        `${placement.tensorParallel} ranks on partitions of one GPU pay for talking to each other: several copies on one device each, or a layout with larger devices, usually serve more`,
      ];

/** Ranks on partitions pay for talking to each other, so say what one device would take instead. */
function fewerRanksAdvice(situation: Situation, placement: Placement): readonly string[] {
  if (situation.options.tensorParallel !== "auto" || placement.tensorParallel === 1) return [];
  const alone = { ...situation, options: { ...situation.options, tensorParallel: 1 as const } };
  const remedies = servingRemedies(alone);
  const sentences = remedies.map((remedy) => remedy.sentence).join(", or ");
  return remedies.length === 0 ? [] : [`one device would hold it with ${sentences}`];
}
