import type { Bytes } from "../../bytes.ts";
import type { Layout, LogicalDevice, MemoryDomain } from "../../topology/layout.ts";

/** A logical device and the host it is on: ids and driver indices are unique only within a host. */
export interface HostedDevice extends LogicalDevice {
  readonly hostId: string;
}

export interface HostedDomain extends MemoryDomain {
  readonly hostId: string;
}

/** Everything models can be placed on: the devices and memory domains of one or several hosts. */
export interface Pool {
  readonly devices: readonly HostedDevice[];
  readonly domains: readonly HostedDomain[];
}

export interface HostLayout {
  readonly hostId: string;
  readonly layout: Pick<Layout, "devices" | "domains">;
}

export const poolOf = (hosts: readonly HostLayout[]): Pool => ({
  devices: hosts.flatMap(({ hostId, layout }) => layout.devices.map((device) => ({ hostId, ...device }))),
  domains: hosts.flatMap(({ hostId, layout }) => layout.domains.map((domain) => ({ hostId, ...domain }))),
});

/** Models of one group never share a device, a GPU or a host. */
export interface AntiAffinity {
  readonly group: string;
  readonly level: "device" | "gpu" | "host";
}

/** Memory reserved for a model on devices of one host: the same number of bytes on each. */
export interface Reservation {
  /** Unique. A request with the same key keeps the placement. */
  readonly key: string;
  readonly hostId: string;
  readonly deviceIds: readonly string[];
  readonly bytesPerDevice: Bytes;
  /** The devices may hold nothing else. @default false */
  readonly exclusive?: boolean;
  /** No other model of the group is placed on these devices, on their GPU or on their host. */
  readonly antiAffinity?: AntiAffinity;
  /** Shown to people; nothing is decided by it. */
  readonly model?: string;
  /** What it was declared with, in short: while that stays, the model holds what it holds. */
  readonly declared?: string;
  /** "process": memory that processes use without a reservation, counted as one. @default a reservation */
  readonly origin?: "process";
}

/** A key for an id that is unique only within its host: of a device, a domain or a GPU. */
export const hostKey = (hostId: string, id: string): string => `${hostId}/${id}`;

export const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** By host, then by the driver's order. Ties are broken in this order. */
export const compareDevices = (a: HostedDevice, b: HostedDevice): number =>
  compareText(a.hostId, b.hostId) || a.index - b.index || compareText(a.id, b.id);
