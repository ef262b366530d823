import { type HostedDevice, hostKey } from "./pool.ts";
import type { AntiAffinity } from "./request.ts";

/** Which groups are where: who must keep away from whom. */
export interface Separation {
  /** Whether a model of this anti-affinity may use the device. */
  allows(wanted: AntiAffinity | undefined, device: HostedDevice): boolean;
  add(held: AntiAffinity | undefined, devices: readonly HostedDevice[]): void;
  remove(held: AntiAffinity | undefined, devices: readonly HostedDevice[]): void;
}

const LEVELS = ["device", "gpu", "host"] as const;

const unitOf = (device: HostedDevice, level: AntiAffinity["level"]): string => {
  if (level === "host") return device.hostId;
  return hostKey(device.hostId, level === "gpu" ? device.gpu : device.id);
};

const keyOf = (group: string, device: HostedDevice, level: AntiAffinity["level"]): string =>
  `${level}\0${group}\0${unitOf(device, level)}`;

/**
 * Of two models of a group the wider level counts: one that wants a host of its own is not disturbed by one that wants a
 * device of its own.
 */
export function openSeparation(): Separation {
  const present = new Map<string, number>();
  const guarded = new Map<string, number>();
  const change = (held: AntiAffinity, devices: readonly HostedDevice[], by: 1 | -1): void => {
    for (const device of devices) {
      for (const level of LEVELS) {
        const key = keyOf(held.group, device, level);
        present.set(key, (present.get(key) ?? 0) + by);
        if (level === held.level) guarded.set(key, (guarded.get(key) ?? 0) + by);
      }
    }
  };
  return {
    allows: (wanted, device) =>
      wanted === undefined ||
      !(
        (present.get(keyOf(wanted.group, device, wanted.level)) ?? 0) > 0 ||
        LEVELS.some((level) => (guarded.get(keyOf(wanted.group, device, level)) ?? 0) > 0)
      ),
    add: (held, devices) => {
      if (held) change(held, devices, 1);
    },
    remove: (held, devices) => {
      if (held) change(held, devices, -1);
    },
  };
}
