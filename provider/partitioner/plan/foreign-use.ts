import { type Bytes, bytes, sumBytes } from "../../bytes.ts";
import type { Holder, HostObservation } from "../../detection/observation.ts";
import type { UnreservedUse } from "../../scheduler/occupancy/unreserved-use.ts";

/** Processes named at most; the rest is counted. */
const NAMED = 3;

/**
 * Memory of each device that its processes have beyond what is reserved on it. Which process belongs to which reservation nobody
 * can tell from outside; a model that runs has at most what it reserved, so only what exceeds that is somebody else's for sure.
 */
export function foreignUse({ hostId, devices, holders, record }: HostObservation): readonly UnreservedUse[] {
  return devices.flatMap(({ id }): readonly UnreservedUse[] => {
    const users = holders.filter((holder) => onDevice(holder, id) > 0);
    const reserved = record.reservations.flatMap((one) =>
      one.devices.filter((claim) => claim.id === id).map((claim) => bytes(claim.bytes)),
    );
    const used = sumBytes(users.map((holder) => onDevice(holder, id)));
    const beyond = used - sumBytes(reserved);
    return beyond > 0 ? [{ hostId, deviceId: id, bytes: bytes(beyond), by: namesOf(users, id) }] : [];
  });
}

const onDevice = (holder: Holder, id: string): Bytes => holder.vram?.[id] ?? bytes(0);

function namesOf(users: readonly Holder[], id: string): string {
  const largest = users.toSorted((a, b) => onDevice(b, id) - onDevice(a, id) || a.pid - b.pid);
  const names = largest.slice(0, NAMED).map((holder) => `${holder.name} (pid ${holder.pid})`);
  const rest = users.length - names.length;
  return names.join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
