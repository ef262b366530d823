import { ALLOCATION_KEYS } from "../../provider/wire/allocation-outputs.ts";
import { COMPUTED_KEYS } from "../../provider/wire/partition-outputs.ts";
import { UNKNOWN } from "../../provider/wire/unknowns.ts";
import { type Declared, identityOf, type Kind, type Program, type Properties, urnOf } from "./resource.ts";

const COMPUTED: Readonly<Record<Kind, readonly string[]>> = {
  partition: COMPUTED_KEYS,
  allocation: ALLOCATION_KEYS,
};

/** As properties travel between the engine and a provider's process. */
export const sent = (value: object): Properties => JSON.parse(JSON.stringify(value)) as Properties;

/** In a preview, what `check` did not say is unknown. */
export const previewed = (kind: Kind, inputs: Properties): Properties => ({
  ...Object.fromEntries(COMPUTED[kind].map((key) => [key, UNKNOWN])),
  ...inputs,
});

/** With the old values of what the program ignores changes of. */
export const ignoring = (news: Properties, olds: Properties, keys: readonly string[]): Properties => ({
  ...news,
  ...Object.fromEntries(keys.flatMap((key) => (key in olds ? [[key, olds[key]]] : []))),
});

/** A partition that a model is placed on, as the program sees it. */
export interface Source {
  readonly urn: string;
  readonly declared: Declared;
  readonly outputs: Properties;
}

export function partitionNamed(
  { project, name: stack }: { readonly project: string; readonly name: string },
  seen: ReadonlyMap<string, Properties>,
  program: Program,
  name: string,
): Source {
  const declared = program.find((one) => one.kind === "partition" && one.name === name);
  if (!declared) throw new RangeError(`the program declares no partition ${name}`);
  const urn = urnOf(project, stack, declared);
  return { urn, declared, outputs: seen.get(urn) ?? {} };
}

/** What the resource classes send. */
export function inputsOf(
  mode: "preview" | "update",
  { args, options }: Declared,
  urn: string,
  sources: readonly Source[],
): Properties {
  const access = (source: Source): object => {
    const { connection, local, simulation, mode: partitioning, timeouts } = source.declared.args;
    return {
      connection,
      local,
      simulation,
      mode: partitioning,
      timeouts,
      identity: identityOf(source.urn, source.declared.options?.aliases),
    };
  };
  return sent({
    ...args,
    ...(mode === "preview" && { preview: true }),
    identity: identityOf(urn, options?.aliases),
    ...(sources.length > 0 && {
      gpus: sources.map(({ outputs }) => ({
        hostId: outputs["hostId"],
        layout: outputs["layout"],
        partitions: outputs["partitions"],
        memoryDomains: outputs["memoryDomains"],
        deviceNodes: outputs["deviceNodes"],
      })),
      hosts: sources.map(access),
    }),
  });
}
