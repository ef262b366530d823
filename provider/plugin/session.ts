import { createOperation, type World } from "../operations/operation/operation.ts";
import { hostAccessSchema } from "../schema/allocation.ts";
import type { ProviderConfig } from "../schema/provider-config.ts";
import { resolveAccess } from "./access.ts";
import { createNodes } from "./nodes.ts";
import type { Session } from "./requests.ts";
import { createRunning, type Running } from "./running.ts";

/** A configured provider: one engine operation. */
export interface ConfiguredSession extends Session {
  readonly running: Running;
}

/** Of no resource: an early observation asks nothing that depends on who declares. */
const NOBODY = { key: "-/-/-", urn: "", keyFormat: 2 } as const;

/** Begins to observe every host of the inventory now: the engine checks resources one after the other. */
export function startSession(config: ProviderConfig, world: World): ConfiguredSession {
  const operation = createOperation(world);
  for (const host of Object.keys(config.hosts ?? {})) {
    const resolved = resolveAccess(config, { host }, "program");
    const parsed = resolved.ok && hostAccessSchema.safeParse({ ...resolved.access, identity: NOBODY });
    // What is wrong with an entry is said by the check of the resource that uses it.
    if (!parsed || !parsed.success) continue;
    const { connection, local, mode } = parsed.data;
    if (mode !== "simulation" && (connection !== undefined || local === true))
      operation.hosts.observeEarly(parsed.data);
  }
  return { config, operation, nodes: createNodes(), running: createRunning() };
}
