import type { ComputeMode } from "../../provider/topology/modes.ts";
import { QWEN } from "../support/stack-program.ts";
import type { Edit, StackName } from "./actions.ts";
import type { Stack } from "./engine.ts";
import { type Declared, type Options, type Program, urnOf } from "./resource.ts";

/** Stack a declares GPU 0 of a host, stack b GPU 1: neither may feel the other. */
export const GPU_OF: Readonly<Record<StackName, number>> = { a: 0, b: 1 };

/** One stack counts its GPU, the other names its address: they differ while a GPU is missing. */
const DECLARED: Readonly<Record<StackName, number | string>> = { a: 0, b: "0000:22:00.0" };

/** What a stack's program is made of; the program itself follows from it. */
export interface Source {
  readonly present: boolean;
  readonly partition: {
    readonly name: string;
    readonly parents: string;
    readonly aliases: readonly Identified[];
  };
  readonly compute: ComputeMode;
  readonly host: number;
  readonly alias: boolean;
  readonly user: string;
  readonly observe: number;
  readonly options: Options;
  readonly models: Readonly<Record<string, Model>>;
}

type Identified = Pick<Declared, "kind" | "name" | "parents">;

interface Model {
  readonly name: string;
  readonly parents: string;
  readonly aliases: readonly Identified[];
  readonly maxNumSeqs: number;
  readonly exclusive: boolean;
}

/** Of a stack that nobody has edited yet. */
export const startOf = (stack: StackName): Source => ({
  present: true,
  partition: { name: `node-${stack}`, parents: "", aliases: [] },
  compute: "CPX",
  host: 0,
  alias: false,
  user: "root",
  observe: 120,
  options: {},
  models: {},
});

/** What of a stack decides what an edit may do. */
interface Edited {
  readonly source: Source;
  /** Of the last update that succeeded. */
  readonly last: Source;
  /** The last operation did not come to its end, so nothing is taken from the program until one does. */
  readonly unfinished: boolean;
}

/** The source after an edit. @param number makes a name that was never used. */
export function edited(
  { source, last, unfinished }: Edited,
  action: Edit,
  host: number,
  number: number,
): Source {
  switch (action.edit) {
    case "layout":
      return { ...source, compute: action.compute };
    case "addPartition":
      return { ...source, present: true };
    case "removePartition":
      return unfinished ? source : { ...source, present: false };
    case "addModel":
      return {
        ...source,
        models: {
          ...source.models,
          [action.model]: source.models[action.model] ?? {
            name: action.model,
            parents: "",
            aliases: [],
            maxNumSeqs: 16,
            exclusive: false,
          },
        },
      };
    case "removeModel": {
      if (unfinished) return source;
      const { [action.model]: _gone, ...models } = source.models;
      return { ...source, models };
    }
    case "resizeModel":
      return withModel(source, action.model, (one) => ({
        ...one,
        maxNumSeqs: one.maxNumSeqs === 16 ? 8 : 16,
      }));
    case "exclusiveModel":
      return withModel(source, action.model, (one) => ({ ...one, exclusive: !one.exclusive }));
    case "rename":
    case "intoComponent": {
      if (unfinished) return source;

      const move = <
        T extends {
          readonly name: string;
          readonly parents: string;
          readonly aliases: readonly Identified[];
        },
      >(
        kind: Declared["kind"],
        one: T,
      ): T => ({
        ...one,
        ...(action.edit === "rename"
          ? { name: `${one.name.replace(/-\d+$/, "")}-${number}` }
          : { parents: one.parents === "" ? "my:index:Cluster" : "" }),
        aliases: [...one.aliases, { kind, name: one.name, parents: one.parents }],
      });
      if (action.what === "partition") return { ...source, partition: move("partition", source.partition) };
      const [first] = Object.keys(source.models);
      return first === undefined ? source : withModel(source, first, (one) => move("allocation", one));
    }
    case "connection":
      return { ...source, user: source.user === "root" ? "ops" : "root" };
    case "timeouts":
      return { ...source, observe: source.observe === 120 ? 60 : 120 };
    case "hostAlias":
      return { ...source, alias: !source.alias };
    case "otherHost":
      return unfinished ? source : { ...source, host };
    case "createFirst":
      return {
        ...source,
        options: { ...source.options, ...(action.value ? { deleteBeforeReplace: false } : {}) },
      };
    case "ignoreChanges":
      return {
        ...source,
        options: {
          ...source.options,
          ignoreChanges: action.value ? ["plan", "timeouts", "observed", "status"] : [],
        },
      };
    case "protect":
      return { ...source, options: { ...source.options, protect: action.value } };
    case "revert":
      // What a killed create has left under another name or on another host, the engine tells its user; nobody else can know.
      return unfinished ? { ...source, compute: last.compute, options: last.options, user: last.user } : last;
  }
}

function withModel(source: Source, name: string, change: (model: Model) => Model): Source {
  const model = source.models[name];
  return model ? { ...source, models: { ...source.models, [name]: change(model) } } : source;
}

/** What the stack declares. */
export function programOf(
  source: Source,
  { project, name }: Pick<Stack, "project" | "name">,
  stack: StackName,
): Program {
  const urns = (aliases: readonly Identified[]): readonly string[] =>
    aliases.map((alias) => urnOf(project, name, alias));
  if (!source.present) return [];
  const partition: Declared = {
    kind: "partition",
    name: source.partition.name,
    parents: source.partition.parents,
    args: {
      connection: { host: `h${source.host}${source.alias ? "-alias" : ""}`, user: source.user },
      timeouts: { observe: source.observe },
      profiles: [{ computePartition: source.compute, memoryPartition: "NPS1", gpus: [DECLARED[stack]] }],
    },
    options: { ...source.options, aliases: urns(source.partition.aliases) },
  };
  const models = Object.values(source.models).map((model): Declared => ({
    kind: "allocation",
    name: `${model.name}-${stack}`,
    parents: model.parents,
    on: [source.partition.name],
    args: { ...QWEN, maxNumSeqs: model.maxNumSeqs, exclusive: model.exclusive },
    options: {
      ...(source.options.deleteBeforeReplace === false ? { deleteBeforeReplace: false } : {}),
      ...(source.options.retainOnDelete ? { retainOnDelete: true } : {}),
      aliases: urns(model.aliases.map((alias) => ({ ...alias, name: `${alias.name}-${stack}` }))),
    },
  }));
  return [partition, ...models];
}

/** A layout that holds all models, so that the end does not depend on whether they fit. */
export function lastOf(source: Source): Source {
  const models = Object.entries(source.models).map(([name, model]) => [name, { ...model, exclusive: false }]);
  return {
    ...source,
    compute: "CPX",
    options: { ...source.options, protect: false },
    models: Object.fromEntries(models) as Source["models"],
  };
}
