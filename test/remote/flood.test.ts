import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import type { Command, Executor } from "../../provider/remote/executor.ts";
import { createSshPool, type SshPool } from "../../provider/remote/pool.ts";
import { type Sshd, startSshd } from "../support/sshd.ts";
import { connectionTo, failureOf } from "./connection-to.ts";

const MIB = 1024 * 1024;
/** What the protocol adds, and what is on its way when a command is given up: the window of a channel and the buffers of two kernels. */
const ON_ITS_WAY = 8 * MIB;
const NEIGHBOURS = 15;
/** A command of a neighbour, and how many of them follow each other. */
const TURNS = 5;
/** A flood is read up to its limit and then no more: it costs us less computing than this, whatever the machine does besides. */
const COST_MS = 1500;

/** Start-up files of an account whose host floods, or says nothing at all. */
const ACCOUNTS = {
  silent: "sleep 315\n",
  noisy: "yes\n",
  "noisy-on-one-line": "cat /dev/zero\n",
  "noisy-on-stderr": "cat /dev/zero >&2\n",
  willing: "",
} as const;

let sshd: Sshd;
let pool: SshPool;
let sockets: Socket[] = [];
const note = (message: unknown): void => void sockets.push((message as { readonly socket: Socket }).socket);

beforeAll(async () => {
  const floods = Object.entries(ACCOUNTS).map(([name, text]) => ({
    name,
    shell: "/bin/bash",
    home: { ".bashrc": text },
  }));
  const neighbours = Array.from({ length: NEIGHBOURS }, (_, index) => ({ name: `host${index}` }));
  sshd = await startSshd({ accounts: [...floods, ...neighbours] });
  subscribe("net.client.socket", note);
});
afterAll(async () => {
  unsubscribe("net.client.socket", note);
  await sshd?.stop();
});
beforeEach(() => {
  pool = createSshPool();
  sockets = [];
});
afterEach(() => pool.closeAll());

const executorOf = (user: string): Executor =>
  pool.executor(connectionTo(sshd, { user, perDialTimeout: 3, dialErrorLimit: 1 }));

/** All neighbours at once, each with one command after the other. */
const neighbours = (): Promise<readonly string[]> =>
  Promise.all(
    Array.from({ length: NEIGHBOURS }, async (_, index) => {
      const executor = executorOf(`host${index}`);
      let said = "";
      for (let turn = 0; turn < TURNS; turn++)
        said += (await executor.run({ argv: ["echo", "-n", "."] }, { timeoutMs: 60_000 })).stdout;
      return said;
    }),
  );

/** Milliseconds of computing that this process needs for a host among its neighbours, and how it failed. */
async function among(user: keyof typeof ACCOUNTS, command: Command, timeoutMs: number) {
  const before = process.cpuUsage();
  const failing = failureOf(executorOf(user).run(command, { timeoutMs }));
  const [said, failure] = await Promise.all([neighbours(), failing]);
  const { user: computing, system } = process.cpuUsage(before);
  expect(said).toEqual(Array.from({ length: NEIGHBOURS }, () => ".".repeat(TURNS)));
  return { failure, computing: (computing + system) / 1000 };
}

const FLOODS: readonly (readonly [
  what: string,
  user: keyof typeof ACCOUNTS,
  command: Command,
  code: string,
  limit: number,
])[] = [
  ["before sh starts", "noisy", { argv: ["true"] }, "login-shell", MIB],
  ["before sh starts, without a line end", "noisy-on-one-line", { argv: ["true"] }, "login-shell", MIB],
  ["before sh starts, on stderr", "noisy-on-stderr", { argv: ["true"] }, "login-shell", MIB],
  ["in an answer", "willing", { argv: ["yes", "\u001B[2J"] }, "output-too-large", 16 * MIB],
  ["on stderr", "willing", { script: "yes >&2" }, "output-too-large", 16 * MIB],
  ["on both", "willing", { script: "yes >&2 & yes" }, "output-too-large", 32 * MIB],
];

describe("of sixteen hosts, one that floods", () => {
  let silent: number;
  beforeAll(async () => {
    pool = createSshPool();
    silent = (await among("silent", { argv: ["true"] }, 2000)).computing;
    await pool.closeAll();
  });

  test.each(FLOODS)(
    "%s fails alone, and costs the others nothing",
    async (_what, user, command, code, limit) => {
      const { failure, computing } = await among(user, command, 60_000);
      expect(failure).toMatchObject({ code });
      expect(computing - silent).toBeLessThan(COST_MS);
      await pool.closeAll();
      const read = sockets.map((socket) => socket.bytesRead);
      expect(Math.max(...read)).toBeLessThan(limit + ON_ITS_WAY);
    },
  );
});
