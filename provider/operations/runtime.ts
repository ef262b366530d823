import type { Handler } from "../wire/handler.ts";
import { allocationHandler } from "./allocation/handler.ts";
import { engineLog } from "./operation/engine-log.ts";
import { createOperation } from "./operation/operation.ts";
import { partitionHandler } from "./partition/handler.ts";
import { realWorld } from "./real-world.ts";

/** The engine starts one provider process for a preview, another for the update, and so on: a process is one operation. */
const operation = createOperation(realWorld(process.env, engineLog(process.argv)));

/**
 * Where the bridge arrives: the composition root of the provider's process.
 *
 * @internal In the package's `exports` only because Pulumi must find it. Names and argument shapes are a persisted contract:
 * text in users' state calls them after every later upgrade. Add, never change.
 */
export const runtime: { readonly partition: Handler; readonly allocation: Handler } = {
  partition: partitionHandler(operation),
  allocation: allocationHandler(operation),
};
