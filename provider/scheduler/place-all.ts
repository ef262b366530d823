import { sumBytes } from "../bytes.ts";
import { type Board, openBoard } from "./batch/board.ts";
import { openBudget } from "./batch/budget.ts";
import { keepAll } from "./batch/keep.ts";
import { type Move, movesOf, placementsOf, type RefusedRequest, refusalsOf } from "./batch/outcome.ts";
import { placeItems } from "./batch/place-items.ts";
import { type Proof, proofOf } from "./batch/proof.ts";
import { type Rebalanced, rebalance } from "./batch/rebalance.ts";
import { compareText, type Pool, type Reservation } from "./pool.ts";
import type { Placement, PlacementRequest } from "./request.ts";

export interface BatchOptions {
  /** "when-needed" moves what runs, as few bytes as possible, when there is no room for all otherwise. @default "never" */
  readonly rebalance?: "never" | "when-needed" | undefined;
  /** How far to search, in nodes: the same on every machine. @default 1000000 */
  readonly nodes?: number | undefined;
}

export interface BatchResult {
  /** In the order of their keys. */
  readonly placements: readonly Placement[];
  readonly refused: readonly RefusedRequest[];
  /** What runs and is to run elsewhere: because its place is no longer valid, or because `rebalance` allows it. */
  readonly moves: readonly Move[];
  /** What `rebalance` would move besides, and then all would have a place: found by doing it. Absent where it is allowed, or no help. */
  readonly wouldMove?: readonly Move[];
  readonly proof: Proof;
}

const moved = (some: readonly Move[]): number => sumBytes(some.map((move) => move.bytes));

const NODES = 1_000_000;

const placementsWith = (
  board: Board,
  { stay, placed }: Pick<Rebalanced, "stay" | "placed">,
): readonly Placement[] => placementsOf(board, [...stay, ...placed.packing.spots]);

/**
 * Finds devices for several models at once. In this order: all placed; the fewest bytes moved of what has a place already;
 * the fewest ranks; the fewest devices that held nothing before; the fewest GPUs of models that span several. What has a valid place keeps it, unless `rebalance` says
 * otherwise. The answer depends on what is given, never on its order.
 *
 * `proof` says whether that is the best there is, and otherwise how far from it the answer is at most.
 *
 * @throws RangeError when two requests have the same key.
 */
export function placeAll(
  pool: Pool,
  reservations: readonly Reservation[],
  requests: readonly PlacementRequest[],
  options: BatchOptions = {},
): BatchResult {
  const byKey = requests.toSorted((a, b) => compareText(a.key, b.key));
  const keys = new Set(byKey.map((request) => request.key));
  if (keys.size < byKey.length) throw new RangeError("two requests of one batch have the same key");

  const others = reservations.filter((reservation) => !keys.has(reservation.key));
  const own = new Map(reservations.map((reservation) => [reservation.key, reservation]));
  const board = openBoard(pool, others);
  const budget = openBudget(options.nodes ?? NODES);
  const { kept, homeless } = keepAll(board, byKey, own);
  let placed = placeItems(board, homeless, budget);
  let stay = kept;
  let leastBytes = 0;
  const invalid = new Set(homeless.map((item) => item.request.key));
  const found = placed.cost.refused > 0 ? rebalance(board, homeless, kept, budget) : undefined;
  const wouldMove =
    found && movesOf(placementsWith(board, found), own).filter((move) => !invalid.has(move.key));
  // What moves nobody needs nobody's leave.
  const isAllowed = options.rebalance === "when-needed" || wouldMove?.length === 0;
  if (found && isAllowed) ({ placed, stay, leastBytes } = found);
  const placements = placementsWith(board, { placed, stay });
  const moves = movesOf(placements, own);
  const { cost, atLeast } = placed;
  return {
    placements,
    refused: refusalsOf(pool, others, placements, placed.packing.refused),
    moves,
    ...(wouldMove && !isAllowed && { wouldMove }),
    proof: proofOf(
      {
        refused: { value: cost.refused, atLeast: atLeast.refused },
        movedBytes: {
          value: moved(moves),
          atLeast: leastBytes + moved(moves.filter((move) => invalid.has(move.key))),
        },
        extraRanks: { value: cost.extraRanks, atLeast: atLeast.extraRanks },
        devices: { value: cost.devices, atLeast: atLeast.devices },
        extraGpus: { value: cost.extraGpus, atLeast: atLeast.extraGpus },
      },
      budget.spent,
    ),
  };
}
