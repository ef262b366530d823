import type { Executor } from "../remote/executor.ts";
import { localExecutor } from "../remote/local.ts";
import { pooledExecutor } from "../remote/pool.ts";
import type { Connection } from "../schema/connection.ts";

/** Where a declaration says its host is. */
export interface HostPlace {
  readonly connection?: Connection | undefined;
  readonly local?: true | undefined;
  readonly mode: "auto" | "real" | "simulation";
}

/** Commands on the declared host; undefined where there is none, or none may be contacted. */
export function executorFor({ connection, local, mode }: HostPlace): Executor | undefined {
  if (mode === "simulation") return undefined;
  if (connection) return pooledExecutor(connection);
  return local ? localExecutor() : undefined;
}
