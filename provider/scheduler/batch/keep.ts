import { hostKey, type Reservation } from "../pool.ts";
import type { PlacementRequest } from "../request.ts";
import { type Board, settle } from "./board.ts";
import { gpusBeyondOne, spansHost } from "./host-gang.ts";
import { admits, claimOn, type Item, itemOf, type Size, type Spot } from "./item.ts";

export interface Kept {
  readonly kept: readonly Spot[];
  /** Without a place, or with one that is no longer valid. */
  readonly homeless: readonly Item[];
}

/** Puts on the board what can stay where it is. */
export function keepAll(
  board: Board,
  requests: readonly PlacementRequest[],
  own: ReadonlyMap<string, Reservation>,
): Kept {
  const numbers = new Map(board.devices.map((device, number) => [hostKey(device.hostId, device.id), number]));
  const kept: Spot[] = [];
  const homeless: Item[] = [];
  for (const request of requests) {
    const item = itemOf(board, request);
    const reservation = own.get(request.key);
    const spot = reservation && spotOf(board, item, reservation, numbers);
    if (spot) {
      settle(board, claimOn(spot));
      kept.push(spot);
    } else homeless.push(item);
  }
  return { kept, homeless };
}

/** The old place, if it is still one that could be given today. */
function spotOf(
  board: Board,
  item: Item,
  { hostId, deviceIds }: Reservation,
  numbers: ReadonlyMap<string, number>,
): Spot | undefined {
  const size = item.sizes.find(({ ranks }) => ranks === deviceIds.length);
  const devices = deviceIds.flatMap((id) => numbers.get(hostKey(hostId, id)) ?? []);
  if (!size || new Set(devices).size !== size.ranks) return undefined;
  if (!areTogether(board, item, size, devices)) return undefined;
  if (!devices.every((device) => admits(board, device, item, size.bytes))) return undefined;
  const spot = { item, size, devices: devices.toSorted((a, b) => a - b) };
  return hasDomains(board, spot) ? spot : undefined;
}

function areTogether(board: Board, item: Item, size: Size, devices: readonly number[]): boolean {
  if (gpusBeyondOne(board, devices) === 0) return true;
  const gpuOf = (device: number): number => board.gpuOf[device] ?? 0;
  return (
    spansHost(item, size) && board.alike.some((gpus) => devices.every((one) => gpus.includes(gpuOf(one))))
  );
}

function hasDomains(board: Board, { devices, size }: Spot): boolean {
  return devices.every((device) => {
    const domain = board.domainOf[device];
    const mates = devices.filter((other) => board.domainOf[other] === domain).length;
    return !board.domainsBind || mates * size.bytes <= (board.domainFree[domain ?? 0] ?? 0);
  });
}
