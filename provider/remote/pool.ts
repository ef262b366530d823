import { createHash } from "node:crypto";

import type { Connection } from "../schema/connection.ts";
import type { Executor } from "./executor.ts";
import { executorOver } from "./process-executor.ts";
import { PooledConnection } from "./ssh/pooled-connection.ts";

/** Executors over SSH that share one connection where host, user, credentials and trust are the same. */
export interface SshPool {
  /** Connects when the first command runs. The connection ends with the `close()` of the last executor that uses it. */
  executor(connection: Connection): Executor;
  /** Ends all connections, and what runs on them; a later command connects again. */
  closeAll(): Promise<void>;
}

export interface SshPoolOptions {
  /** Milliseconds an unused connection stays open. @default 15000 */
  readonly idleMs?: number;
}

const IDLE_MS = 15_000;

export function createSshPool({ idleMs = IDLE_MS }: SshPoolOptions = {}): SshPool {
  const pooled = new Map<string, Shared>();
  const share = (connection: Connection): Shared => {
    const identity = identityOf(connection);
    const known = pooled.get(identity);
    if (known !== undefined) return known;
    const shared = {
      connection: new PooledConnection(connection, targetOf(connection), idleMs),
      executors: 0,
    };
    pooled.set(identity, shared);
    return shared;
  };
  return {
    executor: (connection) => {
      const shared = share(connection);
      shared.executors++;
      let closed = false;
      return executorOver({
        target: targetOf(connection),
        startMs: connection.perDialTimeout * 1000,
        connect: (bound) => shared.connection.connect(bound),
        start: (request) => shared.connection.start(request),
        close: async () => {
          if (closed) return;
          closed = true;
          shared.executors--;
          if (shared.executors === 0) await shared.connection.close();
        },
      });
    },
    closeAll: async () => {
      await Promise.all([...pooled.values()].map((shared) => shared.connection.close()));
    },
  };
}

interface Shared {
  readonly connection: PooledConnection;
  executors: number;
}

const processPool = createSshPool();

/** An executor from the pool that this process has. */
export const pooledExecutor = (connection: Connection): Executor => processPool.executor(connection);

/** Ends all connections of this process' pool. */
export const closeAll = (): Promise<void> => processPool.closeAll();

/** "ops@gpu1.example", with the port where it is not the usual one. */
function targetOf({ user, host, port }: Connection): string {
  if (port === 22) return `${user}@${host}`;
  return `${user}@${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/**
 * Everything counts, the trust in the host's key too: a connection that was made without checking it must not serve
 * someone who wants it checked. A digest, so that no key or password stands where a map is printed.
 */
function identityOf(connection: Connection): string {
  const fields = Object.entries(connection).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(fields)).digest("base64");
}
