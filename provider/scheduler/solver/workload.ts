import { at, type Claim, devicesOf, domainLoad, type Occupancy } from "../occupancy/occupancy.ts";
import type { HostedDevice } from "../occupancy/pool.ts";
import type { Pin, PlacementRequest } from "../request.ts";

/** A number of devices, and the bytes taken on each of them. */
export interface Size {
  readonly ranks: number;
  readonly bytes: number;
}

/** A request as the solver sees it. */
export interface Workload {
  readonly request: PlacementRequest;
  /** Ascending by ranks. */
  readonly sizes: readonly Size[];
  /** Of the sizes that fit anywhere as long as nothing else of the batch is placed. */
  readonly fewestRanks: number;
  /** Devices that the pin leaves. */
  readonly pinned: ReadonlySet<number> | undefined;
}

/** A workload on devices. */
export interface Assignment {
  readonly workload: Workload;
  readonly size: Size;
  /** In the driver's order: rank 0 first. */
  readonly devices: readonly number[];
}

export function workloadOf(occupancy: Occupancy, request: PlacementRequest): Workload {
  const sizes = [...request.demandByTensorParallel]
    .filter(([ranks]) => request.tensorParallel === "auto" || request.tensorParallel === ranks)
    .map(([ranks, bytes]) => ({ ranks, bytes }))
    .toSorted((a, b) => a.ranks - b.ranks);
  return { request, sizes, fewestRanks: sizes[0]?.ranks ?? 0, pinned: pinnedDevices(occupancy, request) };
}

/** The same workload without the sizes that fit nowhere; undefined when none is left. */
export function withFittingSizes(workload: Workload, fits: (size: Size) => boolean): Workload | undefined {
  const sizes = workload.sizes.filter(fits);
  const [fewest] = sizes;
  return fewest && { ...workload, sizes, fewestRanks: fewest.ranks };
}

export const withFewestRanks = (workload: Workload): Workload => ({
  ...workload,
  sizes: workload.sizes.slice(0, 1),
});

export const claimOn = ({ workload, size, devices }: Assignment): Claim => ({
  devices,
  bytes: size.bytes,
  exclusive: workload.request.exclusive,
  antiAffinity: workload.request.antiAffinity,
});

function pinnedDevices(occupancy: Occupancy, { pin }: PlacementRequest): ReadonlySet<number> | undefined {
  if (pin?.gpus === undefined && pin?.partitions === undefined) return undefined;
  return new Set(occupancy.devices.flatMap((device, number) => (isNamed(device, pin) ? [number] : [])));
}

const isNamed = (device: HostedDevice, { gpus, partitions }: Pin): boolean =>
  (gpus?.includes(device.gpu) ?? false) || (partitions?.includes(device.id) ?? false);

// The rules of a single device. `admits` asks all of them; `diagnose` asks them one by one to find the first that fails.

export const isPinned = (device: number, { pinned }: Workload): boolean => !pinned || pinned.has(device);

/** Neither an exclusive model on the device nor the model's own wish to be alone is in the way. */
export const isShareable = (occupancy: Occupancy, device: number, { request }: Workload): boolean =>
  at(occupancy.closed, device) === 0 && !(request.exclusive && at(occupancy.reservationCount, device) > 0);

/** No model of the same anti-affinity group is too near. */
export function meetsAntiAffinity(occupancy: Occupancy, device: number, { request }: Workload): boolean {
  if (!request.antiAffinity) return true;
  const [hosted] = devicesOf(occupancy, [device]);
  return hosted !== undefined && occupancy.antiAffinity.allows(request.antiAffinity, hosted);
}

const hasDomainRoom = (occupancy: Occupancy, device: number, bytes: number): boolean =>
  !occupancy.domainsBind || at(occupancy.domainFree, at(occupancy.domainOf, device)) >= bytes;

/** Whether the device alone could take one rank. */
export const admits = (occupancy: Occupancy, device: number, workload: Workload, bytes: number): boolean =>
  at(occupancy.free, device) >= bytes &&
  isShareable(occupancy, device, workload) &&
  isPinned(device, workload) &&
  hasDomainRoom(occupancy, device, bytes) &&
  meetsAntiAffinity(occupancy, device, workload);

/** The best devices for a workload among these, in the driver's order; undefined when there are too few. */
export function pickAmong(
  occupancy: Occupancy,
  members: readonly number[],
  workload: Workload,
  { ranks, bytes }: Size,
): readonly number[] | undefined {
  const open = members.filter((device) => admits(occupancy, device, workload, bytes));
  if (open.length < ranks) return undefined;
  const chosen = chooseAmong(occupancy, open, workload, { ranks, bytes });
  return chosen.length < ranks ? undefined : chosen.toSorted((a, b) => a - b);
}

/**
 * Devices for as many of the ranks as the memory domains have room for: the best by the strategy first, those that are left
 * judged again after each.
 *
 * @param open devices that admit the workload
 */
export function chooseAmong(
  occupancy: Occupancy,
  open: readonly number[],
  { request }: Workload,
  { ranks, bytes }: Size,
): readonly number[] {
  const tightest = (a: number, b: number): number => at(occupancy.free, a) - at(occupancy.free, b) || a - b;
  const spread = request.strategy === "spread";
  // Where domains have room for all their devices, no choice of a rank limits the next.
  if (!occupancy.domainsBind && !spread) return open.toSorted(tightest).slice(0, ranks);
  const chosen: number[] = [];
  const taken = new Map<number, number>();
  const takenIn = (device: number): number => taken.get(at(occupancy.domainOf, device)) ?? 0;
  const load = (device: number): number => domainLoad(occupancy, at(occupancy.domainOf, device));
  const emptiest = (a: number, b: number): number =>
    load(a) - load(b) || takenIn(a) - takenIn(b) || at(occupancy.used, a) - at(occupancy.used, b) || a - b;
  while (chosen.length < ranks) {
    const [best] = open
      .filter((device) => {
        const room = at(occupancy.domainFree, at(occupancy.domainOf, device)) - takenIn(device) * bytes;
        return !chosen.includes(device) && room >= bytes;
      })
      .toSorted(spread ? emptiest : tightest);
    if (best === undefined) break;
    chosen.push(best);
    taken.set(at(occupancy.domainOf, best), takenIn(best) + 1);
  }
  return chosen;
}
