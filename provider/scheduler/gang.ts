import { type Bytes, bytes } from "../bytes.ts";
import type { Ledger } from "./ledger.ts";
import { compareDevices, type HostedDevice } from "./pool.ts";
import type { AntiAffinity, Pin, Refusal, Strategy } from "./request.ts";

export interface Need {
  readonly tensorParallel: number;
  readonly bytesPerDevice: Bytes;
  readonly exclusive: boolean;
  readonly strategy: Strategy;
  readonly pin?: Pin | undefined;
  readonly antiAffinity?: AntiAffinity | undefined;
}

export type Gang =
  | { readonly formed: true; readonly devices: readonly HostedDevice[] }
  | { readonly formed: false; readonly refusal: Refusal };

/**
 * The best devices of one GPU for a model of several ranks, in the driver's order, or why there are none.
 *
 * Ranks stay on one GPU because they talk all the time. Its devices are alike: they are of one compute mode, and where
 * the driver keeps something back on the last of them, the check below sees the difference.
 */
export function formGang(devices: readonly HostedDevice[], ledger: Ledger, need: Need): Gang {
  const refused = { tensorParallel: need.tensorParallel, demand: need.bytesPerDevice };
  const allowed = devices.filter((device) => isPinned(device, need.pin));
  if (allowed.length < need.tensorParallel) {
    return { formed: false, refusal: { ...refused, kind: "devices", available: allowed.length } };
  }
  const free = allowed.filter((device) => isOpen(device, ledger, need));
  const held = allowed.find((device) => !isOpen(device, ledger, need));
  if (held && free.length < need.tensorParallel) {
    return {
      formed: false,
      refusal: { ...refused, kind: "held", device: held, holders: ledger.holders(held) },
    };
  }
  const open = free.filter((device) => ledger.isApart(device, need.antiAffinity));
  const near = free.find((device) => !ledger.isApart(device, need.antiAffinity));
  if (near && need.antiAffinity && open.length < need.tensorParallel) {
    const { group } = need.antiAffinity;
    return { formed: false, refusal: { ...refused, kind: "apart", device: near, group } };
  }
  const byFree = open.toSorted((a, b) => ledger.free(b) - ledger.free(a) || compareDevices(a, b));
  const last = byFree[need.tensorParallel - 1];
  if (last && ledger.free(last) < need.bytesPerDevice) {
    return { formed: false, refusal: { ...refused, kind: "memory", device: last, free: ledger.free(last) } };
  }
  return pick(
    open.filter((device) => ledger.free(device) >= need.bytesPerDevice),
    ledger,
    need,
  );
}

export const isPinned = (device: HostedDevice, pin: Pin | undefined): boolean =>
  (pin?.gpus === undefined && pin?.partitions === undefined) ||
  (pin.gpus?.includes(device.gpu) ?? false) ||
  (pin.partitions?.includes(device.id) ?? false);

/** Neither side is disturbed in being alone. */
export const isOpen = (
  device: HostedDevice,
  ledger: Ledger,
  need: { readonly exclusive: boolean },
): boolean => !ledger.isExclusive(device) && !(need.exclusive && ledger.holders(device).length > 0);

/** One device after the other, each the best by the strategy of those whose domain has room for one more. */
function pick(candidates: readonly HostedDevice[], ledger: Ledger, need: Need): Gang {
  const chosen: HostedDevice[] = [];
  const chosenIn = (device: HostedDevice): number =>
    chosen.filter((other) => other.domain === device.domain).length;
  const room = (device: HostedDevice): number =>
    ledger.domainFree(device) - chosenIn(device) * need.bytesPerDevice;
  const order = {
    // Best fit: what is left over is as little as possible.
    pack: (a: HostedDevice, b: HostedDevice) => ledger.free(a) - ledger.free(b),
    spread: (a: HostedDevice, b: HostedDevice) =>
      ledger.domainLoad(a) - ledger.domainLoad(b) ||
      chosenIn(a) - chosenIn(b) ||
      ledger.used(a) - ledger.used(b),
  }[need.strategy];
  while (chosen.length < need.tensorParallel) {
    const left = candidates.filter((device) => !chosen.includes(device));
    const [best] = left
      .filter((device) => room(device) >= need.bytesPerDevice)
      .toSorted((a, b) => order(a, b) || compareDevices(a, b));
    if (!best) return { formed: false, refusal: domainRefusal(left, room, need) };
    chosen.push(best);
  }
  return { formed: true, devices: chosen.toSorted(compareDevices) };
}

function domainRefusal(
  left: readonly HostedDevice[],
  room: (device: HostedDevice) => number,
  need: Need,
): Refusal {
  const refused = { tensorParallel: need.tensorParallel, demand: need.bytesPerDevice };
  const [device] = left.toSorted((a, b) => room(b) - room(a) || compareDevices(a, b));
  return device
    ? { ...refused, kind: "domain", device, free: bytes(Math.max(0, room(device))) }
    : { ...refused, kind: "devices", available: 0 };
}
