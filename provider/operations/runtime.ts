import { declaredHosts } from "../access/host-access.ts";
import { resolve } from "../models/resolve.ts";
import { hubAccess } from "../models/sources/hub-access.ts";
import type { Handler } from "../wire/handler.ts";
import { allocationHandler } from "./allocation/handler.ts";
import { engineLog } from "./operation/engine-log.ts";
import { createOperation } from "./operation/operation.ts";
import { partitionHandler } from "./partition/handler.ts";

/** The engine starts one provider process for a preview, another for the update, and so on: a process is one operation. */
const operation = createOperation({
  hosts: declaredHosts,
  // Models are found where the provider runs: on the machine of the user or of CI, not on the GPU host.
  findModel: (model) => resolve(model, { hub: hubAccess(process.env) }),
  log: engineLog(process.argv),
});

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
