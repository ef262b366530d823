import { type Bytes, bytes } from "../bytes.ts";
import type { Message } from "../message.ts";
import type { MemoryEstimate } from "../models/memory/estimate.ts";
import type { Serving } from "../models/memory/serving.ts";
import { estimateWarnings } from "../models/memory/warnings.ts";
import { diagnose } from "./advice/diagnose.ts";
import { explainMisses, explainNeighbours, explainPlacement, explainRefusal } from "./advice/explain.ts";
import { placementMessages } from "./advice/messages.ts";
import type { NearMiss } from "./advice/near-misses.ts";
import { type PlacementProblem, respectingUnreservedUse } from "./advice/placement-problem.ts";
import { rankWarnings } from "./advice/rank-warnings.ts";
import { findRemedies, servingRemedies } from "./advice/remedies.ts";
import type { Remedy } from "./advice/remedy.ts";
import { demandOf, requestOf, withHeld } from "./demand.ts";
import { at, type Occupancy } from "./occupancy/occupancy.ts";
import type { HostedDevice, Reservation } from "./occupancy/pool.ts";
import { type UseOnDevice, useOnDevices } from "./occupancy/unreserved-use.ts";
import type { Placement } from "./request.ts";
import { servingOn } from "./serving-on.ts";
import { placeOne, questionOf } from "./solver/place.ts";
import { reservationOf } from "./solver/placements.ts";

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
      readonly notes: readonly Message[];
      /** What processes use of its devices beyond all reservations. Live. */
      readonly unreservedUse: readonly UseOnDevice[];
      /** What to know before relying on it. Stable. */
      readonly warnings: readonly string[];
    }
  | {
      readonly success: false;
      /** What failed and what would make it fit. */
      readonly error: string;
      /** The three GPUs that came nearest; empty when the model cannot be served like this anywhere. */
      readonly nearest: readonly NearMiss[];
      readonly remedies: readonly Remedy[];
    };

/** Estimates a model and finds devices for it: the whole way from a shape to a placement with its proof. Pure. */
export function schedule(asked: PlacementProblem): ScheduleOutcome {
  const problem = respectingUnreservedUse(asked);
  const { key, shape, options, pool, reservations } = problem;
  const serving = servingOn(pool, shape, options);
  const demand = demandOf(shape, serving, options);
  if (!demand.ok) return { success: false, error: demand.error, nearest: [], remedies: [] };

  const request = withHeld(requestOf(problem, demand.estimates), problem.held);
  const question = questionOf(pool, reservations, request);
  const { occupancy, workload } = question;
  const placed = placeOne(question);
  const memory = placed && demand.estimates.get(placed.placement.tensorParallel);
  if (!placed || !memory) {
    const { nearest } = diagnose(occupancy, workload);
    const remedies = findRemedies(problem);
    const error = placementMessages["no-place"]({
      model: shape.id,
      misses: explainMisses(nearest, demand.estimates).map((miss) => miss.text),
      changes: remedies.map((remedy) => remedy.text),
    }).text;
    return { success: false, error, nearest, remedies };
  }

  const { placement, how } = placed;
  // A model that keeps its place was not tried in fewer ranks. Of several sizes that have no place, the largest is of interest.
  const smaller =
    how === "kept" ? [] : workload.sizes.filter(({ ranks }) => ranks < placement.tensorParallel);
  const rejected = smaller
    .slice(-1)
    .flatMap((size) => diagnose(occupancy, { ...workload, sizes: [size] }).rejected);
  return {
    success: true,
    placement,
    how,
    reservation: { ...reservationOf(placement), model: shape.id },
    memory,
    serving,
    explanation: explainPlacement(placement, memory, usableOn(occupancy)),
    notes: [
      ...explainNeighbours(placement, occupancy),
      ...rejected.map((refusal) => explainRefusal(refusal, demand.estimates)),
      ...fewerRanksAdvice(problem, placement),
    ],
    unreservedUse: useOnDevices(
      asked.unreservedUse ?? [],
      pool,
      reservations.filter((reservation) => reservation.key !== key),
      placement,
    ),
    warnings: [
      ...estimateWarnings(shape, serving),
      ...rankWarnings(placement, pool).map((warning) => warning.text),
    ],
  };
}

const usableOn =
  (occupancy: Occupancy) =>
  ({ hostId, id }: HostedDevice): Bytes =>
    bytes(at(occupancy.usable, occupancy.numberOf(hostId, id) ?? -1));

/** Ranks on partitions cost communication, so the notes say what a single device would take instead. */
function fewerRanksAdvice(problem: PlacementProblem, placement: Placement): readonly Message[] {
  if (problem.options.tensorParallel !== "auto" || placement.tensorParallel === 1) return [];
  const alone = { ...problem, options: { ...problem.options, tensorParallel: 1 as const } };
  const changes = servingRemedies(alone).map((remedy) => remedy.text);
  return changes.length === 0 ? [] : [placementMessages["one-device-enough"]({ changes })];
}
