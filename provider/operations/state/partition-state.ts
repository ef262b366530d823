import type { AtBoot } from "../../partitioner/boot-unit/compare.ts";
import type { Identity } from "../../schema/partition.ts";
import { compactForms } from "../../wire/compact.ts";
import { type Properties, without } from "../../wire/handler.ts";
import { COMPUTED_KEYS } from "../../wire/partition-outputs.ts";
import type { PartitionFields, SettledFields } from "../../wire/partition-outputs.ts";
import { UNKNOWN } from "../../wire/unknowns.ts";
import { readIdentity } from "../operation/keys.ts";

/** What `check` and `create` compute. */
export type Computed = PartitionFields & SettledFields & { readonly atBoot: AtBoot };

/** What the inputs or the outputs of a GpuPartitionConfig hold, as any version wrote them. */
export interface PartitionState {
  readonly identity: Identity | undefined;
  /** What the user wrote, with defaults; values that are not known yet stand as `UNKNOWN`. */
  readonly declared: Properties;
  /** As this version writes it. What is not known yet is absent here and listed in `open`. */
  readonly computed: Partial<Computed>;
  readonly open: ReadonlySet<keyof Computed>;
  /** The text by which Pulumi finds the provider. */
  readonly provider: unknown;
}

/** Inputs that never are a part of a declaration: who declares, hints of the program for one operation, and Pulumi's own. */
export const INTERNAL_KEYS = ["identity", "observation", "preview", "__provider"];

export function readPartitionState(properties: Properties): PartitionState {
  const given = COMPUTED_KEYS.filter((key) => properties[key] !== undefined && properties[key] !== null);
  const known = given.filter((key) => properties[key] !== UNKNOWN);
  return {
    identity: readIdentity(properties["identity"]),
    declared: without(properties, [...COMPUTED_KEYS, ...INTERNAL_KEYS]),
    computed: compactForms(Object.fromEntries(known.map((key) => [key, properties[key]]))),
    open: new Set(given.filter((key) => properties[key] === UNKNOWN)),
    provider: properties["__provider"],
  };
}
