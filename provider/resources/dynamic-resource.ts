import * as pulumi from "@pulumi/pulumi";

import { bridgeTo, type Kind } from "../wire/bridge.ts";
import { MODULE } from "./identity.ts";

/** A resource that Pulumi's host of dynamic resources cares for, by way of the bridge. */
export abstract class DynamicResource extends pulumi.CustomResource {
  /**
   * @param type "GpuPartitionConfig"
   * @param outputs names of what is not an input: each becomes an Output of the resource.
   */
  // oxlint-disable-next-line constructor-super -- it is called, or has thrown what is thrown on
  constructor(
    kind: Kind,
    type: string,
    name: string,
    { outputs, inputs }: { readonly outputs: readonly string[]; readonly inputs: pulumi.Inputs },
    options: pulumi.CustomResourceOptions,
  ) {
    const unset = Object.fromEntries(outputs.map((output) => [output, undefined]));
    const properties = { ...unset, ...inputs, __provider: bridgeTo(kind) };
    const { stackTraceLimit } = Error;
    // For each property the SDK takes four stack traces, in case a promise is never settled, and maps each through source
    // maps: 11 of the 13 ms a resource took (Node 20, @pulumi/pulumi 3.248). Where in the program the resource is declared
    // it finds all the same, by a limit of its own. The environment says whether such a promise is searched for.
    if (process.env["PULUMI_DEBUG_PROMISE_LEAKS"] === undefined) Error.stackTraceLimit = 0;
    try {
      super(`pulumi-nodejs:dynamic/${MODULE}:${type}`, name, properties, options);
    } catch (error) {
      Error.stackTraceLimit = stackTraceLimit;
      if (error instanceof Error) Error.captureStackTrace(error);
      throw error;
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }
}
