import { allocationHandler } from "./allocation/handler.ts";
import type { Handler } from "./handler.ts";
import { partitionHandler } from "./partition/handler.ts";

/**
 * Where the bridge arrives: the composition root of the provider's process.
 *
 * @internal In the package's `exports` only because Pulumi must find it. Names and argument shapes are a persisted contract:
 * text in users' state calls them after every later upgrade. Add, never change.
 */
export const runtime: { readonly partition: Handler; readonly allocation: Handler } = {
  partition: partitionHandler,
  allocation: allocationHandler,
};
