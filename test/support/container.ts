import * as pulumi from "@pulumi/pulumi";

/** Stands for a container of any provider: a resource whose inputs are a model's outputs. Does nothing. */
export class Container extends pulumi.dynamic.Resource {
  declare readonly env: pulumi.Output<Record<string, string>>;
  constructor(name: string, args: { env: pulumi.Input<unknown>; devices?: pulumi.Input<unknown> }) {
    super(
      {
        create: async (inputs: unknown) => ({ id: "container", outs: inputs }),
        update: async (_id: string, _olds: unknown, news: unknown) => ({ outs: news }),
      },
      name,
      args,
      undefined,
      "test",
      "Container",
    );
  }
}

/** Stands for a machine of any cloud: its address is known only once it is created. */
export class Machine extends pulumi.dynamic.Resource {
  declare readonly address: pulumi.Output<string>;
  constructor(name: string, args: { addressToBe: string }) {
    super(
      {
        create: async (inputs: { addressToBe: string }) => ({
          id: "machine",
          outs: { ...inputs, address: inputs.addressToBe },
        }),
      },
      name,
      { ...args, address: undefined },
      undefined,
      "test",
      "Machine",
    );
  }
}
