import { openLedger } from "./ledger.ts";
import { groupByGpu, keep, reservationOf, search } from "./place.ts";
import { compareText, type Pool, type Reservation } from "./pool.ts";
import type { Placement, PlacementRequest, Refusal } from "./request.ts";

export interface BatchResult {
  /** In the order of their keys. */
  readonly placements: readonly Placement[];
  readonly refused: readonly { readonly key: string; readonly rejected: readonly Refusal[] }[];
}

/**
 * Finds devices for several models at once, best fit decreasing: what has a valid place keeps it, then the largest first.
 * A model that is refused would not fit into what the others leave either.
 *
 * @throws RangeError when two requests have the same key.
 */
export function placeAll(
  pool: Pool,
  reservations: readonly Reservation[],
  requests: readonly PlacementRequest[],
): BatchResult {
  const byKey = requests.toSorted((a, b) => compareText(a.key, b.key));
  const keys = new Set(byKey.map((request) => request.key));
  if (keys.size < byKey.length) throw new RangeError("two requests of one batch have the same key");

  const gpus = groupByGpu(pool);
  const ledger = openLedger(
    pool,
    reservations.filter((reservation) => !keys.has(reservation.key)),
  );
  const own = new Map(reservations.map((reservation) => [reservation.key, reservation]));
  const placements: Placement[] = [];
  const settle = (placement: Placement): void => {
    placements.push(placement);
    ledger.add(reservationOf(placement));
  };

  const homeless: PlacementRequest[] = [];
  for (const request of byKey) {
    const reservation = own.get(request.key);
    const kept = reservation && keep(gpus, ledger, reservation, request);
    if (kept) settle(kept);
    else homeless.push(request);
  }

  const refused: { key: string; rejected: readonly Refusal[] }[] = [];
  for (const request of homeless.toSorted((a, b) => sizeOf(b) - sizeOf(a))) {
    const result = search(gpus, ledger, request, own.has(request.key) ? "moved" : "new");
    if (result.placed) settle(result.placement);
    else refused.push({ key: request.key, rejected: result.rejected });
  }
  return {
    placements: placements.toSorted((a, b) => compareText(a.key, b.key)),
    refused: refused.toSorted((a, b) => compareText(a.key, b.key)),
  };
}

/** Bytes of the whole model in its fewest ranks. Sorting is stable, so equal ones stay in the order of their keys. */
function sizeOf(request: PlacementRequest): number {
  const [[ranks, demand] = [0, 0]] = [...request.demandByTensorParallel]
    .filter(([size]) => request.tensorParallel === "auto" || request.tensorParallel === size)
    .toSorted(([a], [b]) => a - b);
  return ranks * demand;
}
