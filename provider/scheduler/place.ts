import type { Bytes } from "../bytes.ts";
import { formGang, isOpen, isPinned, type Need } from "./gang.ts";
import { type AlikeGpus, alikeGpus, formHostGang } from "./host-gang.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import { type Miss, nearestMisses, nearestRefusal, type SingleMiss } from "./misses.ts";
import { compareDevices, type HostedDevice, hostKey, type Pool, type Reservation } from "./pool.ts";
import type { Placement, PlacementRequest, Refusal } from "./request.ts";
import { type Candidate, compareCandidates } from "./strategy.ts";

export type PlaceResult =
  | {
      readonly placed: true;
      readonly placement: Placement;
      /** "kept": it was there already and did not have to move. */
      readonly how: "new" | "kept" | "moved";
      /** Why fewer ranks do not fit, the nearest miss of each size. */
      readonly rejected: readonly Refusal[];
    }
  | {
      readonly placed: false;
      readonly rejected: readonly Refusal[];
      /** GPUs that came nearest, of any size. */
      readonly nearest: readonly Miss[];
    };

/**
 * Finds devices for one model. Valid is a placement when on every device the sum of all claims and the kernel's reserve
 * is within the capacity, and in every memory domain the sum of all claims is.
 *
 * A reservation under the same key is the model's own: it stays where it is as long as that is valid. The answer depends
 * on what is given, never on its order.
 */
export function place(
  pool: Pool,
  reservations: readonly Reservation[],
  request: PlacementRequest,
): PlaceResult {
  const own = reservations.find((reservation) => reservation.key === request.key);
  const others = reservations.filter((reservation) => reservation.key !== request.key);
  const ledger = openLedger(pool, others);
  const gpus = groupByGpu(pool);
  const kept = own && keep(gpus, ledger, own, request);
  if (kept) return { placed: true, placement: kept, how: "kept", rejected: [] };
  return search(gpus, ledger, request, own ? "moved" : "new");
}

/** The devices of each GPU, all in the order in which ties are broken. */
export function groupByGpu(pool: Pool): readonly (readonly HostedDevice[])[] {
  const groups = new Map<string, HostedDevice[]>();
  for (const device of pool.devices.toSorted(compareDevices)) {
    const key = hostKey(device.hostId, device.gpu);
    const group = groups.get(key);
    if (group) group.push(device);
    else groups.set(key, [device]);
  }
  return [...groups.values()];
}

/** The old placement, if it is still one that could be made today. */
export function keep(
  gpus: readonly (readonly HostedDevice[])[],
  ledger: Ledger,
  own: Reservation,
  request: PlacementRequest,
): Placement | undefined {
  const tensorParallel = own.deviceIds.length;
  const demand = request.demandByTensorParallel.get(tensorParallel);
  if (demand === undefined) return undefined;
  if (request.tensorParallel !== "auto" && request.tensorParallel !== tensorParallel) return undefined;
  for (const within of request.span === "host"
    ? [...gpus, ...alikeGpus(gpus).map((group) => group.flat())]
    : gpus) {
    const devices = within.filter(
      (device) => device.hostId === own.hostId && own.deviceIds.includes(device.id),
    );
    if (devices.length !== tensorParallel) continue;
    const allowed = devices.every(
      (device) =>
        isPinned(device, request.pin) &&
        isOpen(device, ledger, request) &&
        ledger.isApart(device, request.antiAffinity),
    );
    // With its own devices as the only candidates, the search says whether they still hold it.
    const gang = formGang(devices, ledger, { ...needOf(request, tensorParallel, demand), pin: undefined });
    return allowed && gang.formed ? placementOn(gang.devices, request, demand) : undefined;
  }
  return undefined;
}

/** The fewest ranks that fit, on the best devices for them. */
export function search(
  gpus: readonly (readonly HostedDevice[])[],
  ledger: Ledger,
  request: PlacementRequest,
  how: "new" | "moved",
): PlaceResult {
  const rejected: Refusal[] = [];
  const misses: SingleMiss[] = [];
  // One GPU before several: only where no GPU alone holds the model is it spread over those of a host.
  const reaches = [gpus.map((devices) => [devices]), ...(request.span === "host" ? [alikeGpus(gpus)] : [])];
  for (const tensorParallel of sizesToTry(request)) {
    const demand = request.demandByTensorParallel.get(tensorParallel);
    if (demand === undefined) {
      rejected.push({ kind: "ranks", tensorParallel });
      continue;
    }
    const need = needOf(request, tensorParallel, demand);
    const refusals: Refusal[] = [];
    for (const groups of reaches) {
      const candidates: Candidate[] = [];
      for (const group of groups) {
        const [own = []] = group;
        const gang = group.length > 1 ? formHostGang(group, ledger, need) : formGang(own, ledger, need);
        if (gang.formed) {
          candidates.push(candidateOf(gang.devices, group));
          continue;
        }
        refusals.push(gang.refusal);
        const [first] = own;
        if (first) misses.push({ hostId: first.hostId, ...placeOf(group, first), refusal: gang.refusal });
      }
      const [best] = candidates.toSorted((a, b) => compareCandidates(a, b, request.strategy, ledger));
      const placement = best && placementOn(best.devices, request, demand);
      if (placement) return { placed: true, placement, how, rejected };
    }
    const nearest = nearestRefusal(refusals);
    if (nearest) rejected.push(nearest);
  }
  return { placed: false, rejected, nearest: nearestMisses(misses) };
}

const placeOf = (group: AlikeGpus, first: HostedDevice) =>
  group.length > 1 ? { gpus: group.length } : { gpu: first.gpu };

/** Of several GPUs those count that it touches. */
function candidateOf(devices: readonly HostedDevice[], group: AlikeGpus): Candidate {
  const touched = group.filter((gpu) => devices.some((device) => device.gpu === gpu[0]?.gpu));
  return { devices, gpuDevices: touched.flat(), gpus: touched.length };
}

const sizesToTry = (request: PlacementRequest): readonly number[] =>
  request.tensorParallel === "auto"
    ? [...request.demandByTensorParallel.keys()].toSorted((a, b) => a - b)
    : [request.tensorParallel];

const needOf = (request: PlacementRequest, tensorParallel: number, bytesPerDevice: Bytes): Need => ({
  tensorParallel,
  bytesPerDevice,
  exclusive: request.exclusive,
  strategy: request.strategy,
  pin: request.pin,
  antiAffinity: request.antiAffinity,
});

function placementOn(
  devices: readonly HostedDevice[],
  request: PlacementRequest,
  bytesPerDevice: Bytes,
): Placement | undefined {
  const [first] = devices;
  return (
    first && {
      key: request.key,
      hostId: first.hostId,
      gpu: first.gpu,
      devices,
      tensorParallel: devices.length,
      bytesPerDevice,
      exclusive: request.exclusive,
      ...(request.antiAffinity && { antiAffinity: request.antiAffinity }),
    }
  );
}

export const reservationOf = (placement: Placement): Reservation => ({
  key: placement.key,
  hostId: placement.hostId,
  deviceIds: placement.devices.map((device) => device.id),
  bytesPerDevice: placement.bytesPerDevice,
  ...(placement.exclusive && { exclusive: true }),
  ...(placement.antiAffinity && { antiAffinity: placement.antiAffinity }),
});
