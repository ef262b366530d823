import { only, type Properties, without } from "../wire/handler.ts";
import { UNKNOWN } from "../wire/unknowns.ts";
import { ACCESS_KEYS } from "./access.ts";
import { asProperties, keyIn, type Nodes } from "./nodes.ts";

/** The GPUs of a model as its operation takes them. */
export interface GivenGpus {
  readonly gpus: unknown;
  /** The ways to their hosts, in the same order, as they are written and as state keeps them. Holds secrets. */
  readonly hosts: unknown;
}

/**
 * An entry of `gpus` is a handle, or `{ handle, host }` with an own way to its host. What a handle does not say of the way is known of
 * the resource behind it, if this operation checks that too; else state knows it; else the handle has the name in the inventory.
 *
 * @param olds the model in state.
 */
export function givenGpus(nodes: Nodes, gpus: unknown, olds: Properties): GivenGpus {
  if (gpus === UNKNOWN || !Array.isArray(gpus)) return { gpus, hosts: gpus };
  const known = (Array.isArray(olds["hosts"]) ? (olds["hosts"] as unknown[]) : []).map(asProperties);
  const entries = gpus.map((entry: unknown, number) => {
    const { handle, own } = split(asProperties(entry), number, known, nodes);
    if (handle === undefined) return { handle: entry, host: entry === UNKNOWN ? UNKNOWN : {} };
    const key = keyIn(handle);
    const before = known.find((one) => one !== undefined && keyIn(one) === key);
    const access =
      own ??
      (key === undefined ? undefined : nodes.of(key)?.access) ??
      before ??
      asProperties(handle["access"]);
    return {
      handle: without(handle, ["access"]),
      host: { ...only(access ?? {}, ACCESS_KEYS), identity: handle["identity"] },
    };
  });
  return { gpus: entries.map(({ handle }) => handle), hosts: entries.map(({ host }) => host) };
}

interface Split {
  readonly handle: Properties | undefined;
  /** The way that the entry itself says. */
  readonly own: Properties | undefined;
}

function split(
  entry: Properties | undefined,
  number: number,
  known: readonly (Properties | undefined)[],
  nodes: Nodes,
): Split {
  // A resource that has moved here from the dynamic provider has no output `handle` before its first update: in a preview that is an
  // unknown value, in an update none. It is the resource that it was before, if this operation checks that.
  if (entry === undefined || Object.keys(entry).length === 0) {
    const key = keyIn(known[number] ?? {});
    return { handle: key === undefined ? undefined : nodes.of(key)?.handle, own: undefined };
  }
  const inside = asProperties(entry["handle"]);
  if (inside === undefined) return { handle: entry, own: undefined };
  const own = only(entry, ACCESS_KEYS);
  return { handle: inside, own: Object.keys(own).length > 0 ? own : undefined };
}
