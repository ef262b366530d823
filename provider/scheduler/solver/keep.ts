import { at, type Occupancy, occupy } from "../occupancy/occupancy.ts";
import type { Reservation } from "../occupancy/pool.ts";
import type { PlacementRequest } from "../request.ts";
import { gpusBeyondOne, spansHost } from "./host-gang.ts";
import { admits, type Assignment, claimOn, type Size, type Workload, workloadOf } from "./workload.ts";

export interface Kept {
  readonly kept: readonly Assignment[];
  /** Without a place, or with a place that is no longer valid. */
  readonly unplaced: readonly Workload[];
}

/** Occupies what can stay where it is. */
export function keepAll(
  occupancy: Occupancy,
  requests: readonly PlacementRequest[],
  own: ReadonlyMap<string, Reservation>,
): Kept {
  const kept: Assignment[] = [];
  const unplaced: Workload[] = [];
  for (const request of requests) {
    const workload = workloadOf(occupancy, request);
    const reservation = own.get(request.key);
    const assignment = reservation && keptAssignment(occupancy, workload, reservation);
    if (assignment) {
      occupy(occupancy, claimOn(assignment));
      kept.push(assignment);
    } else unplaced.push(workload);
  }
  return { kept, unplaced };
}

/** The place that a reservation holds, if it is a place that the workload could be given now. */
export function keptAssignment(
  occupancy: Occupancy,
  workload: Workload,
  { hostId, deviceIds }: Reservation,
): Assignment | undefined {
  const size = workload.sizes.find(({ ranks }) => ranks === deviceIds.length);
  const devices = deviceIds.flatMap((id) => occupancy.numberOf(hostId, id) ?? []);
  if (!size || new Set(devices).size !== size.ranks) return undefined;
  if (!areTogether(occupancy, workload, size, devices)) return undefined;
  if (!devices.every((device) => admits(occupancy, device, workload, size.bytes))) return undefined;
  if (!fitsDomains(occupancy, devices, size.bytes)) return undefined;
  return { workload, size, devices: devices.toSorted((a, b) => a - b) };
}

function areTogether(
  occupancy: Occupancy,
  workload: Workload,
  size: Size,
  devices: readonly number[],
): boolean {
  if (gpusBeyondOne(occupancy, devices) === 0) return true;
  const together = (gpus: readonly number[]): boolean =>
    devices.every((device) => gpus.includes(at(occupancy.gpuOf, device)));
  return spansHost(workload, size) && occupancy.alike.some(together);
}

/** Whether the memory domains have room for all ranks on these devices. */
export function fitsDomains(occupancy: Occupancy, devices: readonly number[], bytes: number): boolean {
  if (!occupancy.domainsBind) return true;
  const needed = new Map<number, number>();
  for (const device of devices) {
    const domain = at(occupancy.domainOf, device);
    needed.set(domain, (needed.get(domain) ?? 0) + bytes);
  }
  return [...needed].every(([domain, sum]) => sum <= at(occupancy.domainFree, domain));
}
