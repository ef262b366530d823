import { type Bytes, bytes } from "../../bytes.ts";
import { openLedger } from "../ledger.ts";
import { groupByGpu, reservationOf, search } from "../place.ts";
import { compareText, type Pool, type Reservation } from "../pool.ts";
import type { Placement, PlacementRequest, Refusal } from "../request.ts";
import { type Board, hosted } from "./board.ts";
import type { Item, Spot } from "./item.ts";

interface Place {
  readonly hostId: string;
  readonly deviceIds: readonly string[];
}

/** A model that runs and is to run elsewhere. */
export interface Move {
  readonly key: string;
  readonly from: Place;
  readonly to: Place;
  /** To be loaded again, of all ranks together. */
  readonly bytes: Bytes;
}

export function placementsOf(board: Board, spots: readonly Spot[]): readonly Placement[] {
  const placements = spots.flatMap(({ item, size, devices }): readonly Placement[] => {
    const chosen = hosted(board, devices);
    const [first] = chosen;
    if (!first) return [];
    const { key, exclusive, antiAffinity } = item.request;
    return [
      {
        key,
        hostId: first.hostId,
        gpu: first.gpu,
        devices: chosen,
        tensorParallel: size.ranks,
        bytesPerDevice: bytes(size.bytes),
        exclusive,
        ...(antiAffinity && { antiAffinity }),
      },
    ];
  });
  return placements.toSorted((a, b) => compareText(a.key, b.key));
}

export function movesOf(
  placements: readonly Placement[],
  own: ReadonlyMap<string, Reservation>,
): readonly Move[] {
  return placements.flatMap((placement) => {
    const from = own.get(placement.key);
    const to = { hostId: placement.hostId, deviceIds: placement.devices.map((device) => device.id) };
    if (!from || samePlace(from, to)) return [];
    return [
      {
        key: placement.key,
        from: { hostId: from.hostId, deviceIds: from.deviceIds },
        to,
        bytes: bytes(placement.tensorParallel * placement.bytesPerDevice),
      },
    ];
  });
}

const samePlace = (a: Place, b: Place): boolean =>
  a.hostId === b.hostId && a.deviceIds.toSorted().join() === b.deviceIds.toSorted().join();

export interface RefusedRequest {
  readonly key: string;
  readonly rejected: readonly Refusal[];
}

/** Why each of them finds no place beside all the others; the same question is asked once. */
export function refusalsOf(
  pool: Pool,
  others: readonly Reservation[],
  placements: readonly Placement[],
  refused: readonly Item[],
): readonly RefusedRequest[] {
  if (refused.length === 0) return [];
  const gpus = groupByGpu(pool);
  const ledger = openLedger(pool, [...others, ...placements.map(reservationOf)]);
  const answers = new Map<string, readonly Refusal[]>();
  const answer = (request: PlacementRequest): readonly Refusal[] => {
    const question = JSON.stringify({ ...request, key: "", demands: [...request.demandByTensorParallel] });
    const known = answers.get(question) ?? search(gpus, ledger, request, "new").rejected;
    answers.set(question, known);
    return known;
  };
  return refused
    .map(({ request }) => ({ key: request.key, rejected: answer(request) }))
    .toSorted((a, b) => compareText(a.key, b.key));
}
