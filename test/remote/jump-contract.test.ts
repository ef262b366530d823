import { afterAll, beforeAll } from "vitest";

import type { Executor } from "../../provider/remote/executor.ts";
import { createSshPool, type SshPool } from "../../provider/remote/pool.ts";
import { runs } from "../support/property-runs.ts";
import { type Sshd, startSshd } from "../support/sshd.ts";
import { connectionTo } from "./connection-to.ts";
import { describeExecutor } from "./executor-contract.ts";

let servers: readonly Sshd[];
let pool: SshPool;
let one: Executor;
let two: Executor;

beforeAll(async () => {
  servers = await Promise.all([startSshd({ config: ["MaxSessions 1"] }), startSshd(), startSshd()]);
  const [outer, inner, host] = servers as [Sshd, Sshd, Sshd];
  pool = createSshPool();
  one = pool.executor(connectionTo(host, { proxy: connectionTo(inner) }));
  two = pool.executor(connectionTo(host, { proxy: connectionTo(inner, { proxy: connectionTo(outer) }) }));
});
afterAll(async () => {
  await pool.closeAll();
  await Promise.all(servers.map((server) => server.stop()));
});

describeExecutor("ssh through a jump host", () => one, { numRuns: runs(30) });
describeExecutor("ssh through two jump hosts", () => two, { numRuns: runs(10) });
