import { only, type Properties } from "../wire/handler.ts";
import { UNKNOWN } from "../wire/unknowns.ts";
import { ACCESS_KEYS } from "./access.ts";

/** What models need to know of a GpuPartitionConfig. */
export interface Node {
  readonly handle: Properties;
  /** The way to its host, as its program wrote it. Holds secrets. */
  readonly access: Properties;
}

/** The GpuPartitionConfigs that were checked in this operation, by the key of their hosts' records. */
export interface Nodes {
  note(key: string, node: Node): void;
  of(key: string): Node | undefined;
}

export function createNodes(): Nodes {
  const nodes = new Map<string, Node>();
  return {
    note: (key, node) => {
      nodes.set(key, node);
    },
    of: (key) => nodes.get(key),
  };
}

const HANDED_ON = ["hostId", "layout", "partitions", "memoryDomains"];

/** Where a host is may be a secret, but not what an inventory calls it. */
const SHOWN_ACCESS = ["host", "local", "simulation", "mode"];

/** The output `handle`: no credentials, and no address. */
export function handleOf(outputs: Properties): Properties {
  const access = only(outputs, SHOWN_ACCESS);
  const { deviceNodes } = outputs;
  return {
    ...only(outputs, HANDED_ON),
    // To a program a value is unknown as a whole while a part of it is.
    ...(deviceNodes === UNKNOWN ? { pending: true } : only(outputs, ["deviceNodes"])),
    identity: outputs["identity"],
    ...(Object.keys(access).length > 0 && { access }),
  };
}

/** Whether GPUs are those of a layout that a preview only plans. */
export const isPending = (gpus: unknown): boolean =>
  Array.isArray(gpus) && gpus.some((one: unknown) => asProperties(one)?.["pending"] === true);

export const accessOf = (written: Properties): Properties => only(written, ACCESS_KEYS);

/** The key of the resource that a handle, or the way to a host, is of. */
export function keyIn(value: Properties): string | undefined {
  const identity = asProperties(value["identity"]);
  const key = identity?.["key"];
  return typeof key === "string" && key !== UNKNOWN ? key : undefined;
}

export const asProperties = (value: unknown): Properties | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Properties) : undefined;
