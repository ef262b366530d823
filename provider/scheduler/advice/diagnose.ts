import { bytes } from "../../bytes.ts";
import { at, devicesOf, type Occupancy } from "../occupancy/occupancy.ts";
import type { HostedDevice } from "../occupancy/pool.ts";
import type { Refusal } from "../request.ts";
import {
  admits,
  chooseAmong,
  meetsAntiAffinity,
  isPinned,
  isShareable,
  type Size,
  type Workload,
} from "../solver/workload.ts";
import { type NearMiss, nearestMisses, nearestRefusal, type SingleMiss } from "./near-misses.ts";

/** Why a model has no place. */
export interface Diagnosis {
  /** The nearest miss of each size, ascending by ranks. */
  readonly rejected: readonly Refusal[];
  /** The GPUs, or the GPUs of a host together, that came nearest in any size. */
  readonly nearest: readonly NearMiss[];
}

/**
 * Explains a refusal, after the fact: the solver only says that there is no place. For every size and every GPU it asks the
 * rules of the solver one by one, and reports the first that too few devices keep.
 *
 * @param workload with the sizes that were refused
 */
export function diagnose(occupancy: Occupancy, workload: Workload): Diagnosis {
  const { request, sizes } = workload;
  if (sizes.length === 0 && request.tensorParallel !== "auto") {
    return { rejected: [{ kind: "ranks", tensorParallel: request.tensorParallel }], nearest: [] };
  }
  const candidates = candidatesOf(occupancy, workload);
  const misses: SingleMiss[] = [];
  const rejected = sizes.flatMap((size) => {
    const found = candidates.flatMap((gpus) => missOn(occupancy, gpus, workload, size));
    misses.push(...found);
    return nearestRefusal(found.map(({ refusal }) => refusal)) ?? [];
  });
  return { rejected, nearest: nearestMisses(misses) };
}

/** What a model can be placed on, as numbers of GPUs: every GPU, and where it may span them the alike GPUs of each host. */
const candidatesOf = (occupancy: Occupancy, { request }: Workload): readonly (readonly number[])[] => [
  ...occupancy.gpus.map((_, gpu) => [gpu]),
  ...(request.span === "host" ? occupancy.alike : []),
];

function missOn(
  occupancy: Occupancy,
  gpus: readonly number[],
  workload: Workload,
  size: Size,
): readonly SingleMiss[] {
  const members = gpus.flatMap((gpu) => occupancy.gpus[gpu] ?? []);
  const [first] = devicesOf(occupancy, members.slice(0, 1));
  const refusal = refusalAmong(occupancy, members, workload, size);
  if (!first || !refusal) return [];
  const place = gpus.length > 1 ? { gpus: gpus.length } : { gpu: first.gpu };
  return [{ hostId: first.hostId, ...place, refusal }];
}

/** The rule that too few of these devices keep; undefined where they do take the workload. */
function refusalAmong(
  occupancy: Occupancy,
  members: readonly number[],
  workload: Workload,
  size: Size,
): Refusal | undefined {
  const { ranks, bytes: demanded } = size;
  const refused = { tensorParallel: ranks, demand: bytes(demanded) };
  const deviceOf = (number: number | undefined): HostedDevice | undefined =>
    number === undefined ? undefined : occupancy.devices[number];

  const allowed = members.filter((device) => isPinned(device, workload));
  if (allowed.length < ranks) return { ...refused, kind: "devices", available: allowed.length };

  const shareable = allowed.filter((device) => isShareable(occupancy, device, workload));
  if (shareable.length < ranks) {
    const number = allowed.find((device) => !isShareable(occupancy, device, workload)) ?? 0;
    const device = deviceOf(number);
    return device && { ...refused, kind: "held", device, reservedBy: occupancy.reservedBy.get(number) ?? [] };
  }

  const permitted = shareable.filter((device) => meetsAntiAffinity(occupancy, device, workload));
  if (permitted.length < ranks) {
    const device = deviceOf(shareable.find((other) => !meetsAntiAffinity(occupancy, other, workload)));
    const group = workload.request.antiAffinity?.group ?? "";
    return device && { ...refused, kind: "anti-affinity", device, group };
  }

  const freeOn = (device: number): number => Math.max(0, at(occupancy.free, device));
  const last = permitted.toSorted((a, b) => freeOn(b) - freeOn(a) || a - b)[ranks - 1] ?? 0;
  if (freeOn(last) < demanded) {
    const device = deviceOf(last);
    return device && { ...refused, kind: "memory", device, free: bytes(freeOn(last)) };
  }
  return domainRefusal(occupancy, permitted, workload, size);
}

/** Enough devices have the bytes; what is missing is in their memory domains. */
function domainRefusal(
  occupancy: Occupancy,
  permitted: readonly number[],
  workload: Workload,
  size: Size,
): Refusal | undefined {
  const open = permitted.filter((device) => admits(occupancy, device, workload, size.bytes));
  const chosen = chooseAmong(occupancy, open, workload, size);
  if (chosen.length === size.ranks) return undefined;
  const domainOf = (device: number): number => at(occupancy.domainOf, device);
  const roomFor = (device: number): number =>
    Math.max(0, at(occupancy.domainFree, domainOf(device))) -
    chosen.filter((other) => domainOf(other) === domainOf(device)).length * size.bytes;
  const [roomiest] = permitted
    .filter((device) => at(occupancy.free, device) >= size.bytes && !chosen.includes(device))
    .toSorted((a, b) => roomFor(b) - roomFor(a) || a - b);
  const device = roomiest === undefined ? undefined : occupancy.devices[roomiest];
  return (
    device && {
      kind: "domain",
      tensorParallel: size.ranks,
      demand: bytes(size.bytes),
      device,
      free: bytes(Math.max(0, roomFor(roomiest ?? 0))),
    }
  );
}
