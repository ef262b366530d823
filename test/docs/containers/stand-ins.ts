import * as pulumi from "@pulumi/pulumi";
import type { DeploymentSpec } from "kubernetes-types/apps/v1.d.ts";

type Properties = Readonly<Record<string, unknown>>;

/** As other providers declare their inputs: any part of them may be another resource's output. */
type Inputs<T> = pulumi.Input<
  T extends readonly (infer Element)[]
    ? Inputs<Element>[]
    : T extends object
      ? { [Key in keyof T]: Inputs<T[Key]> }
      : T
>;

/** Keeps its inputs, and does nothing. Its provider replaces it when one of `replacing` changes, and updates it otherwise. */
class StandIn<Args extends object> extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    args: { [Key in keyof Args]: Inputs<Args[Key]> },
    replacing: readonly string[],
    options?: pulumi.CustomResourceOptions,
  ) {
    super(
      {
        diff: async (_id: string, olds: Properties, news: Properties) => {
          const changed = Object.keys(news).filter(
            (key) => key !== "__provider" && JSON.stringify(news[key]) !== JSON.stringify(olds[key]),
          );
          return {
            changes: changed.length > 0,
            replaces: changed.filter((key) => replacing.includes(key)),
          };
        },
        create: async (inputs: Properties) => ({ id: "stand-in", outs: inputs }),
        update: async (_id: string, _olds: Properties, news: Properties) => ({ outs: news }),
      },
      name,
      args,
      options,
    );
  }
}

interface CommandArgs {
  connection: object;
  create: string;
  delete?: string;
  stdin?: string;
  triggers?: unknown[];
}

class Command extends StandIn<CommandArgs> {
  constructor(name: string, args: { [Key in keyof CommandArgs]: Inputs<CommandArgs[Key]> }) {
    super(name, args, ["triggers"]);
  }
}

/** `@pulumi/command`. */
export const remote = { Command };

interface ContainerArgs {
  image: string;
  command?: string[];
  devices?: { hostPath: string; containerPath?: string; permissions?: string }[];
  groupAdds?: string[];
  ipcMode?: string;
  securityOpts?: string[];
  envs?: string[];
}

/** `@pulumi/docker`. */
export class Container extends StandIn<ContainerArgs> {
  constructor(name: string, args: { [Key in keyof ContainerArgs]: Inputs<ContainerArgs[Key]> }) {
    super(name, args, Object.keys(args));
  }
}

interface DeploymentArgs {
  spec: DeploymentSpec;
}

class Deployment extends StandIn<DeploymentArgs> {
  constructor(
    name: string,
    args: { [Key in keyof DeploymentArgs]: Inputs<DeploymentArgs[Key]> },
    options?: pulumi.CustomResourceOptions,
  ) {
    // The engine does it for a provider that says which properties changed, as a dynamic one cannot.
    super(name, args, options?.replaceOnChanges ?? [], options);
  }
}

/** `@pulumi/kubernetes`, with the types of the API. */
export const k8s = { apps: { v1: { Deployment } } };
