import { declaredHosts } from "../access/host-access.ts";
import { resolve } from "../models/resolve.ts";
import { hubAccess } from "../models/sources/hub-access.ts";
import type { World } from "./operation/operation.ts";

/**
 * What the operations of a provider reach. Models are found where the provider runs: on the machine of the user or of CI, not on the GPU
 * host.
 *
 * @param environment of the process, with what the provider's configuration adds.
 */
export const realWorld = (environment: NodeJS.ProcessEnv, log: World["log"]): World => ({
  hosts: declaredHosts,
  findModel: (model) => resolve(model, { hub: hubAccess(environment) }),
  log,
});
