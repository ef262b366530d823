import { formatKey, keyOfUrn } from "../../provider/resource-key.ts";
import type { Identity } from "../../provider/schema/partition.ts";

export type Properties = Readonly<Record<string, unknown>>;

export type Kind = "partition" | "allocation";

const TYPES: Readonly<Record<Kind, string>> = {
  partition: "pulumi-nodejs:dynamic/amdgpu:GpuPartitionConfig",
  allocation: "pulumi-nodejs:dynamic/amdgpu:ModelAllocation",
};

/** Options of a resource as a program writes them. */
export interface Options {
  readonly aliases?: readonly string[];
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly ignoreChanges?: readonly string[];
  readonly deleteBeforeReplace?: boolean;
}

/** One resource of a program. */
export interface Declared {
  readonly kind: Kind;
  readonly name: string;
  /** Types of the parents: "my:index:Cluster". @default at the top level */
  readonly parents?: string;
  readonly args: Properties;
  /** Names of the partitions a model is placed on. */
  readonly on?: readonly string[];
  readonly options?: Options;
}

export type Program = readonly Declared[];

/** One resource in the engine's state. */
export interface ResourceState {
  readonly urn: string;
  readonly kind: Kind;
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
  /** URNs of the resources that `gpus` depends on. */
  readonly on: readonly string[];
  readonly options: Options;
  /** Replaced; its delete is still to come. */
  readonly pendingDelete?: true;
  /** Its delete for a replacement was done; the create is still to come. */
  readonly pendingReplacement?: true;
  readonly initErrors?: true;
  readonly tainted?: true;
}

export const urnOf = (
  project: string,
  stack: string,
  { kind, name, parents }: Pick<Declared, "kind" | "name" | "parents">,
): string => `urn:pulumi:${stack}::${project}::${parents ? `${parents}$` : ""}${TYPES[kind]}::${name}`;

/** What the resource class sends besides what the user wrote. */
export function identityOf(urn: string, aliases: readonly string[] = []): Identity {
  const [key, ...formerKeys] = [urn, ...aliases].flatMap((one) => keyOfUrn(one) ?? []).map(formatKey);
  if (key === undefined) throw new RangeError(`${urn} is no URN`);
  return { key, urn, keyFormat: 2, ...(formerKeys.length > 0 && { formerKeys }) };
}
