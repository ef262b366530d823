import type { Executor } from "../remote/executor.ts";
import type { Connection } from "../schema/connection.ts";

/** Where a declaration says its host is. */
export interface HostPlace {
  readonly connection?: Connection | undefined;
  readonly local?: true | undefined;
  readonly mode: "auto" | "real" | "simulation";
}

/** Commands on the declared host; undefined where there is none, or none may be contacted. What reaches hosts is loaded only then. */
export async function executorFor({ connection, local, mode }: HostPlace): Promise<Executor | undefined> {
  if (mode === "simulation") return undefined;
  if (connection) return (await import("../remote/pool.ts")).pooledExecutor(connection);
  return local ? (await import("../remote/local.ts")).localExecutor() : undefined;
}
