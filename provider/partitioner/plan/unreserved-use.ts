import { type Bytes, bytes, ceilBytes, sumBytes } from "../../bytes.ts";
import type { GpuProcess, HostObservation } from "../../detection/observation.ts";
import type { UnreservedUse } from "../../scheduler/occupancy/unreserved-use.ts";

/** Processes named at most; the rest is counted. */
const NAMED = 3;

/**
 * Memory of each device that its processes have beyond what is reserved on it. Which process belongs to which reservation nobody
 * can tell from outside; a model that runs has at most what it reserved, so only what exceeds that is somebody else's for sure.
 */
export function unreservedUse(observation: HostObservation): readonly UnreservedUse[] {
  const { hostId, devices, gpuProcesses, record } = observation;
  const byHost = useByHost(observation);
  return devices.flatMap(({ id }): readonly UnreservedUse[] => {
    const users = gpuProcesses.filter((process) => onDevice(process, id) > 0);
    const reserved = record.reservations.flatMap((one) =>
      one.devices.filter((claim) => claim.id === id).map((claim) => bytes(claim.bytes)),
    );
    const used = sumBytes(users.map((process) => onDevice(process, id)));
    const beyond = Math.max(0, used - sumBytes(reserved));
    const taken = byHost.get(id) ?? 0;
    if (beyond + taken === 0) return [];
    const by = [...(beyond > 0 ? [namesOf(users, id)] : []), ...(taken > 0 ? [HOST] : [])].join(", ");
    return [{ hostId, deviceId: id, bytes: bytes(beyond + taken), by }];
  });
}

/** Whatever else has memory of an APU: it is memory of the host. */
const HOST = "processes of the host without a GPU";

/**
 * What the host leaves an APU's devices less than they may allocate, as much of each: the driver's limit is below the memory of
 * the NUMA node, so that only what the host uses beyond the difference is missing.
 */
function useByHost({ gpus, devices, gpuProcesses }: HostObservation): ReadonlyMap<string, number> {
  const missing = new Map<string, number>();
  for (const { gpu, shared } of gpus) {
    if (!shared) continue;
    const own = devices.filter((device) => device.gpu === gpu);
    const ofGpu = sumBytes(own.flatMap(({ id }) => gpuProcesses.map((process) => onDevice(process, id))));
    const left = shared.total - Math.max(0, shared.used - ofGpu);
    const lost = sumBytes(own.map((device) => device.capacity)) - left;
    if (lost > 0) for (const { id } of own) missing.set(id, ceilBytes(lost / own.length));
  }
  return missing;
}

const onDevice = (process: GpuProcess, id: string): Bytes => process.vram?.[id] ?? bytes(0);

function namesOf(users: readonly GpuProcess[], id: string): string {
  const largest = users.toSorted((a, b) => onDevice(b, id) - onDevice(a, id) || a.pid - b.pid);
  const names = largest.slice(0, NAMED).map((process) => `${process.name} (pid ${process.pid})`);
  const rest = users.length - names.length;
  return names.join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
