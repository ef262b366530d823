import { type Bytes, formatBytes } from "../../bytes.ts";
import { defineMessages } from "../../message.ts";
import { comparable } from "../comparable.ts";

/** Memory of a device that processes use without a reservation, and what it means for a model placed there. */
export const unreservedUseMessages = defineMessages({
  "unreserved-use-fits": ({ deviceId, bytes, by }: Use) => used({ deviceId, bytes, by }),
  "unreserved-use-exceeds": ({
    deviceId,
    bytes,
    by,
    demand,
    left,
  }: Use & {
    /** Bytes that the model claims on the device. */
    readonly demand: Bytes;
    /** Bytes left beside the reservations and the use. */
    readonly left: Bytes;
  }) => {
    const [needs, leaves] = comparable(demand, left);
    return `${used({ deviceId, bytes, by })}; the model needs ${needs} there, but only ${leaves} are free. Stop the processes, or set respectForeignUse to place the model around them`;
  },
});

interface Use {
  readonly deviceId: string;
  readonly bytes: Bytes;
  /** "python3 (pid 4242)" */
  readonly by: string;
}

const used = ({ deviceId, bytes, by }: Use): string =>
  `${formatBytes(bytes)} of ${deviceId} are used without a reservation by ${by}`;

/** Rules that a set of reservations breaks. */
export const violationMessages = defineMessages({
  "device-overcommitted": ({
    deviceId,
    used,
    usable,
    keys,
  }: {
    readonly deviceId: string;
    readonly used: Bytes;
    /** Capacity without the kernel's reserve. */
    readonly usable: Bytes;
    readonly keys: readonly string[];
  }) => {
    const [reserved, available] = comparable(used, usable);
    return `${deviceId} is overcommitted: ${keys.join(", ")} ${keys.length === 1 ? "reserves" : "reserve"} ${reserved} of ${available}`;
  },
  "domain-overcommitted": ({
    domainId,
    used,
    capacity,
  }: {
    readonly domainId: string;
    readonly used: Bytes;
    readonly capacity: Bytes;
  }) => {
    const [reserved, available] = comparable(used, capacity);
    return `memory domain ${domainId} is overcommitted: ${reserved} of ${available} are reserved`;
  },
  "exclusive-device-shared": ({
    deviceId,
    keys,
  }: {
    readonly deviceId: string;
    readonly keys: readonly string[];
  }) => `${deviceId} is shared by ${keys.join(", ")}, but one of these models is exclusive`,
  "unknown-device-reserved": ({
    key,
    deviceId,
    hostId,
  }: {
    readonly key: string;
    readonly deviceId: string;
    readonly hostId: string;
  }) => `${key} reserves ${deviceId}, which does not exist on ${hostId}`,
  "key-reserved-twice": ({ key }: { readonly key: string }) => `${key} has more than one reservation`,
});
