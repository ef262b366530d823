import { ArgumentError } from "../../argument-errors.ts";
import { sumBytes } from "../../bytes.ts";
import { type Occupancy, openOccupancy } from "../occupancy/occupancy.ts";
import { compareText, type Pool, type Reservation } from "../occupancy/pool.ts";
import type { Placement, PlacementRequest } from "../request.ts";
import { type Budget, openBudget } from "./budget.ts";
import { occupyAll, vacateAll } from "./greedy.ts";
import { type Kept, keepAll } from "./keep.ts";
import { placeWorkloads } from "./place-workloads.ts";
import { type Move, movesOf, placementsOf } from "./placements.ts";
import { type Proof, proofOf } from "./proof.ts";
import { type Rebalanced, rebalance } from "./rebalance.ts";
import type { Workload } from "./workload.ts";

export interface BatchOptions {
  /** "when-needed" moves running models, as few bytes as possible, when there is no room for all otherwise. @default "never" */
  readonly rebalance?: "never" | "when-needed" | undefined;
  /** How far to search, in nodes, so that the answer is the same on every machine. @default 1000000 */
  readonly nodes?: number | undefined;
}

export interface BatchResult {
  /** In the order of their keys. */
  readonly placements: readonly Placement[];
  /** Requests without a place, in the order of their keys. `diagnose` says why. */
  readonly refused: readonly PlacementRequest[];
  /** Running models that get another place: because theirs is no longer valid, or because `rebalance` allows it. */
  readonly moves: readonly Move[];
  /** Running models of the batch that keep their place although moving them would make room for all: rebalance "when-needed" helps. */
  readonly movable?: number;
  readonly proof: Proof;
}

const bytesIn = (moves: readonly Move[]): number => sumBytes(moves.map((move) => move.bytes));

const NODES = 1_000_000;

/**
 * Finds devices for several models at once. In this order it minimises: models without a place; bytes of running models that
 * move; ranks beyond the fewest; devices that hold something and held nothing before; GPUs beyond one of each model. A model
 * with a valid place keeps it, unless `rebalance` allows it to move. The answer does not depend on the order of what is given.
 *
 * `proof` says whether the answer is optimal, and otherwise how far it can be from that.
 *
 * @throws ArgumentError when two requests have the same key.
 */
export function placeAll(
  pool: Pool,
  reservations: readonly Reservation[],
  requests: readonly PlacementRequest[],
  options: BatchOptions = {},
): BatchResult {
  const byKey = requests.toSorted((a, b) => compareText(a.key, b.key));
  const keys = new Set(byKey.map((request) => request.key));
  if (keys.size < byKey.length) throw new ArgumentError(["two requests of one batch have the same key"]);

  const others = reservations.filter((reservation) => !keys.has(reservation.key));
  const own = new Map(reservations.map((reservation) => [reservation.key, reservation]));
  const occupancy = openOccupancy(pool, others);
  const budget = openBudget(options.nodes ?? NODES);
  const present = keepAll(occupancy, byKey, own);
  const mayMove = options.rebalance === "when-needed";
  const { placed, stay, leastBytes } = solution(occupancy, present, budget, mayMove ? "moves" : "stays");
  const placements = placementsOf(occupancy, [...stay, ...placed.packing.assignments]);
  const moves = movesOf(placements, own);
  const movable = mayMove || placed.cost.refused === 0 ? 0 : movableModels(occupancy, present);
  const invalid = new Set(present.unplaced.map(({ request }) => request.key));
  const { cost, atLeast } = placed;
  return {
    placements,
    refused: refusedOf(placed.packing.refused),
    moves,
    ...(movable > 0 && { movable }),
    proof: proofOf(
      {
        refused: { value: cost.refused, atLeast: atLeast.refused },
        movedBytes: {
          value: bytesIn(moves),
          atLeast: leastBytes + bytesIn(moves.filter((move) => invalid.has(move.key))),
        },
        extraRanks: { value: cost.extraRanks, atLeast: atLeast.extraRanks },
        devices: { value: cost.devices, atLeast: atLeast.devices },
        extraGpus: { value: cost.extraGpus, atLeast: atLeast.extraGpus },
      },
      budget.spent,
    ),
  };
}

/** Moves are searched only where they are allowed, and only where the batch has no room without them. */
function solution(
  occupancy: Occupancy,
  { kept, unplaced }: Kept,
  budget: Budget,
  running: "moves" | "stays",
): Rebalanced {
  const placed = placeWorkloads(occupancy, unplaced, budget);
  const inPlace = { placed, stay: kept, leastBytes: 0 };
  if (placed.cost.refused === 0 || running === "stays") return inPlace;
  return rebalance(occupancy, unplaced, kept, budget) ?? inPlace;
}

/**
 * The number of running models where placing the whole batch again would give all a place, else 0. By the rules alone, without
 * a search: it may miss a packing, and never claims one that does not exist.
 */
function movableModels(occupancy: Occupancy, { kept, unplaced }: Kept): number {
  if (kept.length === 0) return 0;
  vacateAll(occupancy, kept);
  const together = placeWorkloads(
    occupancy,
    [...unplaced, ...kept.map(({ workload }) => workload)],
    openBudget(0),
  );
  occupyAll(occupancy, kept);
  return together.cost.refused === 0 ? kept.length : 0;
}

const refusedOf = (workloads: readonly Workload[]): readonly PlacementRequest[] =>
  workloads.map(({ request }) => request).toSorted((a, b) => compareText(a.key, b.key));
