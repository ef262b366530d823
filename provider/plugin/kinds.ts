import type { Operation } from "../operations/operation/operation.ts";
import type { ProviderConfig } from "../schema/provider-config.ts";
import { ALLOCATION_KEYS, openAllocationKeys } from "../wire/allocation-outputs.ts";
import type { Handler, Properties } from "../wire/handler.ts";
import { without } from "../wire/handler.ts";
import { COMPUTED_KEYS, openPartitionKeys } from "../wire/partition-outputs.ts";
import { type Precedence, type Resolved, resolveAccess } from "./access.ts";
import { givenGpus } from "./given-gpus.ts";
import { accessOf, handleOf, keyIn, type Nodes } from "./nodes.ts";

/** How the plugin serves one type of resource with the handler that the dynamic provider has too. */
export interface Kind {
  /** Code is loaded when the first resource of a type comes: who asks for the schema alone needs none of it. */
  readonly handler: () => Promise<(operation: Operation) => Handler>;
  /** Fields that a program writes, each with its default. */
  readonly fields: () => Promise<Readonly<Record<string, Field>>>;
  /** What `check` and `create` compute. */
  readonly computed: readonly string[];
  /** Inputs that `check` answers in another form than they are written in. */
  readonly reduced: readonly string[];
  /** Inputs that are the plugin's business. */
  readonly internal: readonly string[];
  /** Properties that are secret as a whole. */
  readonly secrets: ReadonlySet<string>;
  /** Outputs that only the end of an update makes known, by the inputs. */
  readonly openOutputs: (inputs: Properties) => readonly string[];
  /** What a program wrote, with what the handler wants besides. */
  readonly completed: (nodes: Nodes, news: Properties, olds: Properties) => Properties;
  /** Properties with the way to the host in the handler's form. */
  readonly resolve: (config: ProviderConfig, properties: Properties, precedence: Precedence) => Resolved;
  /** Outputs that are made of others. */
  readonly derived: (outputs: Properties) => Properties;
  /** Is told of each resource that was checked. */
  readonly noted: (nodes: Nodes, inputs: Properties) => void;
}

/** A field of a schema, of which the plugin wants to know what is meant where nothing is written. */
export interface Field {
  safeParse(value: unknown): { readonly success: boolean; readonly data?: unknown };
}

/** Properties of a GpuPartitionConfig that its handler does not know. */
export const PLUGINS_OWN = ["host", "handle"];

const partition: Kind = {
  handler: async () => (await import("../operations/partition/handler.ts")).partitionHandler,
  fields: async () =>
    without((await import("../schema/partition.ts")).partitionArgsSchema.shape, ["identity"]) as Fields,
  computed: COMPUTED_KEYS,
  reduced: [],
  internal: ["identity", "observation", "preview", "handle", "__provider"],
  secrets: new Set(["connection"]),
  openOutputs: (inputs) => openPartitionKeys(inputs, inputs["persist"]),
  completed: (_nodes, news) => news,
  resolve: (config, properties, precedence) => {
    const resolved = resolveAccess(config, properties, precedence);
    if (!resolved.ok) return resolved;
    return { ok: true, access: { ...without(properties, PLUGINS_OWN), ...resolved.access } };
  },
  derived: (outputs) => ({ handle: handleOf(outputs) }),
  noted: (nodes, inputs) => {
    const key = keyIn(inputs);
    if (key !== undefined) nodes.note(key, { handle: handleOf(inputs), access: accessOf(inputs) });
  },
};

const allocation: Kind = {
  handler: async () => (await import("../operations/allocation/handler.ts")).allocationHandler,
  fields: async () =>
    without((await import("../schema/allocation.ts")).allocationArgsSchema.shape, [
      "identity",
      "gpus",
      "hosts",
    ]) as Fields,
  computed: ALLOCATION_KEYS,
  reduced: ["gpus", "reservationRevision"],
  internal: ["identity", "fleet", "preview", "__provider"],
  secrets: new Set(["hosts"]),
  // No model is in a fleet here.
  openOutputs: (inputs) => openAllocationKeys(inputs).filter((key) => key !== "fleetPlacement"),
  completed: (nodes, news, olds) => ({ ...news, ...givenGpus(nodes, news["gpus"], olds) }),
  resolve: (config, properties, precedence) => {
    const { hosts } = properties;
    if (!Array.isArray(hosts)) return { ok: true, access: properties };
    const resolved: unknown[] = [];
    for (const host of hosts as readonly unknown[]) {
      if (typeof host !== "object" || host === null) {
        resolved.push(host);
        continue;
      }
      const way = resolveAccess(config, host as Properties, precedence);
      if (!way.ok) return way;
      resolved.push({ ...way.access, identity: (host as Properties)["identity"] });
    }
    return { ok: true, access: { ...properties, hosts: resolved } };
  },
  derived: () => ({}),
  noted: () => undefined,
};

type Fields = Readonly<Record<string, Field>>;

/** By the type token of the schema. */
export const KINDS: Readonly<Record<string, Kind>> = {
  "amdgpu:index:GpuPartitionConfig": partition,
  "amdgpu:index:ModelAllocation": allocation,
};
