import { afterAll, beforeAll } from "vitest";

import type { Executor } from "../../provider/remote/executor.ts";
import { createSshPool, type SshPool } from "../../provider/remote/pool.ts";
import { runs } from "../support/property-runs.ts";
import { type Sshd, startSshd } from "../support/sshd.ts";
import { connectionTo } from "./connection-to.ts";
import { describeExecutor } from "./executor-contract.ts";

let sshd: Sshd;
let pool: SshPool;
let root: Executor;
let ops: Executor;

beforeAll(async () => {
  sshd = await startSshd({ accounts: [{ name: "ops" }] });
  pool = createSshPool();
  root = pool.executor(connectionTo(sshd));
  ops = pool.executor(connectionTo(sshd, { user: "ops" }));
});
afterAll(async () => {
  await pool.closeAll();
  await sshd.stop();
});

describeExecutor("ssh as root", () => root, { numRuns: runs(60) });
describeExecutor("ssh as a user", () => ops, { numRuns: runs(10) });
