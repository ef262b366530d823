import { type Bytes, formatBytes } from "../../bytes.ts";
import { counted, defineMessages } from "../../message.ts";

interface Inequality {
  /** "weights 15.0 GiB + … = 33.6 GiB" */
  readonly demand: string;
  readonly free: string;
}

/** The inequality that failed on some devices. */
export const refusalMessages = defineMessages({
  "refused-memory": ({ demand, free, deviceId }: Inequality & { readonly deviceId: string }) =>
    `${demand} > ${free} free on ${deviceId}`,
  "refused-domain": ({ demand, free, domainId }: Inequality & { readonly domainId: string }) =>
    `${demand} > ${free} free in memory domain ${domainId}`,
  "refused-exclusive": ({
    deviceId,
    keys,
  }: {
    readonly deviceId: string;
    readonly keys: readonly string[];
  }) => `${deviceId} is reserved by ${keys.join(", ")}, and an exclusive model does not share a device`,
  "refused-anti-affinity": ({ deviceId, group }: { readonly deviceId: string; readonly group: string }) =>
    `anti-affinity: ${deviceId} is too close to another model of group ${group}`,
  "refused-devices": ({ ranks, available }: { readonly ranks: number; readonly available: number }) =>
    `${counted(ranks, "device")} needed > ${available} allowed`,
  "refused-ranks": ({ ranks }: { readonly ranks: number }) =>
    `the model cannot be divided into ${counted(ranks, "rank")}`,
});

/** Where a model was tried and how it shares its devices. */
export const placementMessages = defineMessages({
  "refused-on": ({
    ranks,
    place,
    alike,
    kind,
    reason,
  }: {
    readonly ranks: number;
    /** "0000:0c:00.0", "8 GPUs together on gpu1" */
    readonly place: string;
    /** Number of further candidates that fail by the same numbers. */
    readonly alike: number;
    readonly kind: "GPU" | "host";
    readonly reason: string;
  }) => {
    const others =
      alike === 0 ? "" : ` (and ${alike} more ${alike === 1 ? kind : `${kind}s`} with the same numbers)`;
    return `${counted(ranks, "device")} of ${place}${others}: ${reason}`;
  },
  "fewer-ranks-refused": ({ ranks, reason }: { readonly ranks: number; readonly reason: string }) =>
    `the model does not fit on ${counted(ranks, "device")}: ${reason}`,
  "device-shared": ({
    deviceId,
    keys,
    claim,
    free,
  }: {
    readonly deviceId: string;
    readonly keys: readonly string[];
    readonly claim: string;
    readonly free: string;
  }) => `shares ${deviceId} with ${keys.join(", ")}: ${claim} <= ${free} free`,
  "one-device-enough": ({ changes }: { readonly changes: readonly string[] }) =>
    `the model would fit on one device with ${changes.join(", or ")}`,
  "no-place": ({
    model,
    misses,
    changes,
  }: {
    readonly model: string;
    readonly misses: readonly string[];
    readonly changes: readonly string[];
  }) => {
    const what =
      misses.length === 0
        ? `${model} does not fit: there are no devices.`
        : [`${model} does not fit:`, ...misses].join("\n  ");
    const advice =
      changes.length === 0
        ? "No single change would make it fit."
        : ["Any one of these changes would make it fit:", ...changes].join("\n  ");
    return `${what}\n${advice}`;
  },
});

/** Single changes that make a refused model fit. */
export const remedyMessages = defineMessages({
  "change-option": ({ property, value }: { readonly property: string; readonly value: number | string }) =>
    `${property} ${value}`,
  "span-host": ({ devices, gpus }: { readonly devices: number; readonly gpus: number }) =>
    `span "host" (${devices} devices of ${gpus} GPUs of one host)`,
  "drop-pin": () => "no pin",
  "drop-exclusive": () => "exclusive: false",
  "free-devices": ({ key }: { readonly key: string }) => `releasing the devices of ${key}`,
  "change-layout": ({
    change,
    displaced,
  }: {
    readonly change: string;
    readonly displaced: readonly string[];
  }) => {
    const models = displaced.length > NAMED ? `${displaced.length} models` : displaced.join(", ");
    return displaced.length === 0 ? change : `${change}; ${models} would be placed again`;
  },
  "whole-gpu": ({ capacity }: { readonly capacity: Bytes }) =>
    `a GPU of its own in SPX/NPS1 (${formatBytes(capacity)} per device)`,
  "allow-rebalance": ({ models }: { readonly models: number }) =>
    `rebalance "when-needed", which may move the ${counted(models, "running model")} of this fleet`,
});

/** More models than this are counted, not named. */
const NAMED = 3;

/** What ranks on partitions cost. */
export const rankMessages = defineMessages({
  "ranks-on-one-gpu": ({ ranks }: { readonly ranks: number }) =>
    `${ranks} ranks on partitions of one GPU spend time on inter-rank communication: several replicas on one device each, or a layout with larger devices, usually give more throughput`,
  "ranks-on-gpus": ({ ranks, gpus }: { readonly ranks: number; readonly gpus: number }) =>
    `${ranks} ranks on partitions of ${gpus} GPUs spend time on inter-rank communication: AMD measured about 26 GB/s for 64 ranks on 8 GPUs in CPX/NPS4, against 170 GB/s within one GPU. A layout with larger devices, ideally SPX, gives more throughput`,
});
