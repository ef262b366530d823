import { type Bytes, bytes } from "../../bytes.ts";
import { devicesOf, type Occupancy } from "../occupancy/occupancy.ts";
import { compareText, type Reservation } from "../occupancy/pool.ts";
import type { Placement } from "../request.ts";
import type { Assignment } from "./workload.ts";

interface Place {
  readonly hostId: string;
  readonly deviceIds: readonly string[];
}

/** A running model that is to run on other devices. */
export interface Move {
  readonly key: string;
  readonly from: Place;
  readonly to: Place;
  /** Bytes to load again, of all ranks together. */
  readonly bytes: Bytes;
}

export function placementOf(
  occupancy: Occupancy,
  { workload, size, devices }: Assignment,
): Placement | undefined {
  const chosen = devicesOf(occupancy, devices);
  const [first] = chosen;
  if (!first) return undefined;
  const { key, exclusive, antiAffinity } = workload.request;
  return {
    key,
    hostId: first.hostId,
    gpu: first.gpu,
    devices: chosen,
    tensorParallel: size.ranks,
    bytesPerDevice: bytes(size.bytes),
    exclusive,
    ...(antiAffinity && { antiAffinity }),
  };
}

/** In the order of their keys. */
export const placementsOf = (
  occupancy: Occupancy,
  assignments: readonly Assignment[],
): readonly Placement[] =>
  assignments
    .flatMap((assignment) => placementOf(occupancy, assignment) ?? [])
    .toSorted((a, b) => compareText(a.key, b.key));

export const reservationOf = (placement: Placement): Reservation => ({
  key: placement.key,
  hostId: placement.hostId,
  deviceIds: placement.devices.map((device) => device.id),
  bytesPerDevice: placement.bytesPerDevice,
  ...(placement.exclusive && { exclusive: true }),
  ...(placement.antiAffinity && { antiAffinity: placement.antiAffinity }),
});

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
