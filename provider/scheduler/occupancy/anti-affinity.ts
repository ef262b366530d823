import { type AntiAffinity, type HostedDevice, hostKey } from "./pool.ts";

/** Which anti-affinity groups are on which devices, GPUs and hosts. */
export interface AntiAffinityIndex {
  /** Whether a model with this anti-affinity may use the device. */
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
 * Counts the members of each group by device, GPU and host. Of two models of a group the wider level counts, whichever of
 * them has it: a model that requires a host of its own admits no other member on that host, whatever level the other has.
 */
export function openAntiAffinityIndex(): AntiAffinityIndex {
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
