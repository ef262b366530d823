import { declaredHosts } from "../access/host-access.ts";
import { resolve } from "../models/resolve.ts";
import { hubAccess } from "../models/sources/hub-access.ts";
import { logOnce, type Send } from "../operations/operation/log.ts";
import type { World } from "../operations/operation/operation.ts";
import type { ProviderConfig } from "../schema/provider-config.ts";

/** What the operations of a real provider reach: hosts, the places where models are found, and the engine's log. */
export function realWorld({ hfToken }: ProviderConfig, send: Send): World {
  const environment = { ...process.env, ...(hfToken !== undefined && { HF_TOKEN: hfToken }) };
  return {
    hosts: declaredHosts,
    findModel: (model) => resolve(model, { hub: hubAccess(environment) }),
    log: logOnce(send),
  };
}
