import { type Bytes, bytes, formatBytes } from "../bytes.ts";
import { openLedger } from "./ledger.ts";
import { hostKey, type Pool, type Reservation } from "./pool.ts";
import type { Placement } from "./request.ts";

/** Memory of a logical device that processes have beyond what is reserved there. Live: it comes and goes. */
export interface ForeignUse {
  readonly hostId: string;
  readonly deviceId: string;
  readonly bytes: Bytes;
  /** "python3 (pid 4242)", those with the most first. */
  readonly by: string;
}

/** What a placement meets on its devices. */
export interface MetUse {
  readonly sentence: string;
  /** "exceeds": with it, the devices do not hold the model. */
  readonly verdict: "fits" | "exceeds";
}

/**
 * Foreign use as reservations, so that it is counted like them. It never takes more than is left: what has a place stays there,
 * whatever processes come.
 */
export function foreignReservations(
  foreign: readonly ForeignUse[],
  pool: Pool,
  reservations: readonly Reservation[],
): readonly Reservation[] {
  if (foreign.length === 0) return [];
  const ledger = openLedger(pool, reservations);
  const devices = new Map(pool.devices.map((device) => [hostKey(device.hostId, device.id), device]));
  return foreign.flatMap((use): readonly Reservation[] => {
    const device = devices.get(hostKey(use.hostId, use.deviceId));
    if (!device || ledger.isExclusive(device)) return [];
    const held = bytes(Math.min(use.bytes, ledger.free(device), ledger.domainFree(device)));
    const counted: Reservation = {
      key: `processes nobody reserved for (${use.by}: ${formatBytes(use.bytes)} of ${use.deviceId})`,
      hostId: use.hostId,
      deviceIds: [use.deviceId],
      bytesPerDevice: held,
      holder: "process",
    };
    ledger.add(counted);
    return [counted];
  });
}

/** What others use of the devices of a placement, whether or not it was counted. */
export function metUse(
  foreign: readonly ForeignUse[],
  pool: Pool,
  others: readonly Reservation[],
  placement: Placement,
): readonly MetUse[] {
  const ledger = openLedger(
    pool,
    others.filter((one) => one.holder !== "process"),
  );
  return placement.devices.flatMap((device): readonly MetUse[] => {
    const use = foreign.find((one) => one.hostId === device.hostId && one.deviceId === device.id);
    if (!use) return [];
    const left = bytes(Math.max(0, ledger.free(device) - use.bytes));
    const what = `${formatBytes(use.bytes)} of ${device.id} used by others: ${use.by}`;
    return placement.bytesPerDevice <= left
      ? [{ sentence: what, verdict: "fits" }]
      : [
          {
            sentence: `${what}; beside that ${formatBytes(placement.bytesPerDevice)} > ${formatBytes(left)}: stop it, or place around it with respectForeignUse`,
            verdict: "exceeds",
          },
        ];
  });
}
