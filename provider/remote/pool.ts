import { createHash } from "node:crypto";

import type { Connection } from "../schema/connection.ts";
import { type Endpoint, hostEndpoint, jumpEndpoint } from "./endpoint.ts";
import type { Executor } from "./executor.ts";
import { executorOver } from "./process-executor.ts";
import { JumpHost } from "./ssh/jump-host.ts";
import { PooledConnection } from "./ssh/pooled-connection.ts";

/** Executors over SSH that share one connection where host, user, credentials, trust and jump hosts are the same; and those to jump hosts. */
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
  const hosts = new Map<string, Shared<PooledConnection>>();
  const jumps = new Map<string, Shared<JumpHost>>();
  const shareJump = (behind: Endpoint): Shared<JumpHost> | undefined => {
    const endpoint = jumpEndpoint(behind);
    if (!endpoint) return undefined;
    const via = shareJump(endpoint);
    return shared(jumps, endpoint, via, () => new JumpHost(endpoint, via?.connection, idleMs));
  };
  const shareHost = (connection: Connection): Shared<PooledConnection> => {
    const endpoint = hostEndpoint(connection);
    const via = shareJump(endpoint);
    return shared(hosts, endpoint, via, () => new PooledConnection(endpoint, via?.connection, idleMs));
  };
  return {
    executor: (connection) => {
      const host = shareHost(connection);
      use(host);
      let closed = false;
      return executorOver({
        target: hostEndpoint(connection).target,
        startMs: connection.perDialTimeout * 1000,
        connect: (bound) => host.connection.connect(bound),
        start: (request) => host.connection.start(request),
        close: async () => {
          if (closed) return;
          closed = true;
          await release(host);
        },
      });
    },
    closeAll: async () => {
      // What goes through a jump host ends first, so that it can say goodbye.
      const byDepth = [...hosts.values(), ...jumps.values()].toSorted(
        (one, other) => other.depth - one.depth,
      );
      for (const depth of new Set(byDepth.map((one) => one.depth)))
        await Promise.all(
          byDepth.filter((one) => one.depth === depth).map(({ connection }) => connection.close()),
        );
    },
  };
}

/** A connection, and how many use it. */
interface Shared<Kind extends { close(): Promise<void> } = { close(): Promise<void> }> {
  readonly connection: Kind;
  /** The jump host in front of it. */
  readonly via: Shared | undefined;
  /** Jump hosts in front of it. */
  readonly depth: number;
  users: number;
}

function shared<Kind extends { close(): Promise<void> }>(
  known: Map<string, Shared<Kind>>,
  { connection }: Endpoint,
  via: Shared | undefined,
  make: () => Kind,
): Shared<Kind> {
  const identity = identityOf(connection);
  const found = known.get(identity);
  if (found !== undefined) return found;
  const made = { connection: make(), via, depth: via ? via.depth + 1 : 0, users: 0 };
  known.set(identity, made);
  return made;
}

function use(shared: Shared): void {
  shared.users++;
  if (shared.via) use(shared.via);
}

async function release(shared: Shared): Promise<void> {
  shared.users--;
  if (shared.users === 0) await shared.connection.close();
  if (shared.via) await release(shared.via);
}

const processPool = createSshPool();

/** An executor from the pool that this process has. */
export const pooledExecutor = (connection: Connection): Executor => processPool.executor(connection);

/** Ends all connections of this process' pool. */
export const closeAll = (): Promise<void> => processPool.closeAll();

/**
 * Everything counts, the jump hosts and the trust in the host's key too: a connection that was made without checking it must not serve
 * someone who wants it checked. A digest, so that no key or password stands where a map is printed.
 */
function identityOf(connection: Connection): string {
  const fields = Object.entries(connection).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(fields)).digest("base64");
}
