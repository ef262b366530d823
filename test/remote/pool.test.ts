import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

import { boundOf } from "../../provider/bound.ts";
import { AuthenticationError, CommandTimeoutError, ConnectionLostError } from "../../provider/errors.ts";
import type { Executor } from "../../provider/remote/executor.ts";
import { createSshPool, type SshPool } from "../../provider/remote/pool.ts";
import { commandLineOf, descendantsOf } from "../support/process-tree.ts";
import { type Sshd, startSshd } from "../support/sshd.ts";
import { connectionTo, failureOf } from "./connection-to.ts";

const SOON = { timeoutMs: 30_000 };

let sshd: Sshd;
let pool: SshPool;

beforeAll(async () => {
  sshd = await startSshd({ accounts: [{ name: "ops" }] });
});
afterAll(() => sshd.stop());
beforeEach(() => {
  pool = createSshPool();
});
afterEach(async () => {
  await pool.closeAll();
  await vi.waitUntil(() => openConnections() === 0, { timeout: 10_000 });
  sshd.resetCounts();
});

const echo = async (executor: Executor, word: string): Promise<string> =>
  (await executor.run({ argv: ["echo", word] }, SOON)).stdout.trim();
const commandsOf = (server: Sshd): readonly string[] => descendantsOf(server.pid).map(commandLineOf);
const running = (text: string, server = sshd): number =>
  commandsOf(server).filter((line) => line === text).length;
/** Only a connection's processes are called by what they do. */
const openConnections = (server = sshd): number =>
  commandsOf(server).filter((line) => /^sshd: \S+@notty|^sshd: \S+ \[priv\]/.test(line)).length;

/** Connections of ours that would keep this process from ending. */
const bindingSockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;

describe("one connection", () => {
  test("is dialled once for all who need it at the same time", async () => {
    const executors = Array.from({ length: 20 }, () => pool.executor(connectionTo(sshd)));
    const words = await Promise.all(executors.map((executor, index) => echo(executor, `word-${index}`)));
    expect(words).toEqual(executors.map((_, index) => `word-${index}`));
    expect(sshd.counts()).toEqual({ connections: 1, execs: 20 });
  });

  test("serves later commands, too", async () => {
    const executor = pool.executor(connectionTo(sshd));
    for (const word of ["one", "two", "three"]) expect(await echo(executor, word)).toBe(word);
    expect(sshd.counts()).toEqual({ connections: 1, execs: 3 });
  });

  test("is not shared between users, nor between credentials", async () => {
    await echo(pool.executor(connectionTo(sshd)), "root");
    await echo(pool.executor(connectionTo(sshd, { user: "ops" })), "ops");
    await echo(
      pool.executor(connectionTo(sshd, { privateKey: `${sshd.clientKey}\n` })),
      "same key, other text",
    );
    expect(sshd.counts().connections).toBe(3);
  });

  test("runs at most eight commands at once, and forty in the end", async () => {
    const executor = pool.executor(connectionTo(sshd));
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, running("sleep 0.25"))), 10);
    const results = await Promise.all(
      Array.from({ length: 40 }, () => executor.run({ argv: ["sleep", "0.25"] }, SOON)),
    );
    clearInterval(watch);
    expect(results.every((result) => result.code === 0)).toBe(true);
    expect(most).toBe(8);
    expect(sshd.counts()).toEqual({ connections: 1, execs: 40 });
  });

  test("gets along with a server that allows fewer sessions", async () => {
    const narrow = await startSshd({ config: ["MaxSessions 3"] });
    try {
      const executor = pool.executor(connectionTo(narrow));
      const words = Array.from({ length: 20 }, (_, index) => `word-${index}`);
      expect(await Promise.all(words.map((word) => echo(executor, word)))).toEqual(words);
      expect(narrow.counts()).toEqual({ connections: 1, execs: 20 });
    } finally {
      await narrow.stop();
    }
  });

  test("to a server that allows no commands is an error, not a wait", async () => {
    const closed = await startSshd({ config: ["MaxSessions 0"] });
    try {
      const executor = pool.executor(connectionTo(closed));
      const errors = await Promise.all([1, 2, 3].map(() => failureOf(echo(executor, "no"))));
      for (const error of errors) expect(error).toBeInstanceOf(AuthenticationError);
    } finally {
      await closed.stop();
    }
  });

  test.each([1, 2, 3])(
    "serves commands beside what is held where %i sessions are allowed",
    async (sessions) => {
      const narrow = await startSshd({ config: [`MaxSessions ${sessions}`] });
      try {
        const executor = pool.executor(connectionTo(narrow));
        const held = await executor.hold({ script: "echo locked; cat" }, SOON);
        expect(await held.ready).toBe("locked");
        for (const word of ["one", "two", "three"]) {
          expect((await executor.run({ argv: ["echo", word] }, { timeoutMs: 10_000 })).stdout).toBe(
            `${word}\n`,
          );
        }
        const words = Array.from({ length: 12 }, (_, index) => `word-${index}`);
        expect(await Promise.all(words.map((word) => echo(executor, word)))).toEqual(words);
        await held.release();
        expect(narrow.counts().connections).toBeLessThanOrEqual(2);
      } finally {
        await narrow.stop();
      }
    },
  );

  test("serves twelve commands at once through one session", async () => {
    const narrow = await startSshd({ config: ["MaxSessions 1"] });
    try {
      const words = Array.from({ length: 12 }, (_, index) => `word-${index}`);
      for (let turn = 0; turn < 4; turn++) {
        const executor = pool.executor(
          connectionTo(narrow, { privateKey: narrow.clientKey + "\n".repeat(turn) }),
        );
        expect(await Promise.all(words.map((word) => echo(executor, word)))).toEqual(words);
      }
      expect(narrow.counts().connections).toBe(4);
    } finally {
      await narrow.stop();
    }
  });

  test("limits the wait for a session by the time of the command, and says what it waited for", async () => {
    const narrow = await startSshd({ config: ["MaxSessions 1"] });
    try {
      const executor = pool.executor(connectionTo(narrow));
      const long = executor.run({ argv: ["sleep", "2"] }, SOON);
      await expect.poll(() => running("sleep 2", narrow)).toBe(1);
      const error = await failureOf(executor.run({ argv: ["true"] }, { timeoutMs: 500 }));
      expect(error).toMatchObject({ code: "command-timeout", waitingFor: "a channel", timeoutMs: 500 });
      expect((await long).code).toBe(0);
      expect(await echo(executor, "next")).toBe("next");
    } finally {
      await narrow.stop();
    }
  });

  test("ends every wait at the deadline of the operation", async () => {
    const executor = pool.executor(connectionTo(sshd));
    const bound = boundOf(300);
    const error = await failureOf(executor.run({ argv: ["sleep", "309"] }, { ...SOON, ...bound }));
    expect(error).toMatchObject({ code: "command-timeout" });
    const late = await failureOf(executor.run({ argv: ["true"] }, { ...SOON, ...bound }));
    expect(late).toBeInstanceOf(Error);
  });

  test("leaves the queue when the signal fires, and the place to the next", async () => {
    const executor = pool.executor(connectionTo(sshd));
    const long = Array.from({ length: 8 }, () => executor.run({ argv: ["sleep", "1"] }, SOON));
    await expect.poll(() => running("sleep 1")).toBe(8);
    const controller = new AbortController();
    const waiting = executor.run({ argv: ["echo", "never"] }, { ...SOON, signal: controller.signal });
    const next = echo(executor, "next");
    controller.abort(new Error("enough"));
    expect((await failureOf(waiting)).message).toBe("enough");
    expect(await next).toBe("next");
    await Promise.all(long);
    expect(sshd.counts().execs).toBe(9);
  });
});

describe("a connection that breaks", () => {
  test("fails the commands on it, and is dialled again for the next", async () => {
    const executor = pool.executor(connectionTo(sshd));
    const command = executor.run({ argv: ["sleep", "301"] }, SOON);
    await expect.poll(() => running("sleep 301")).toBe(1);
    sshd.signalConnections("SIGKILL");
    const error = await failureOf(command);
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(error.message).toBe(`the connection to root@127.0.0.1:${sshd.port} broke while sleep 301 ran`);
    expect(await echo(executor, "again")).toBe("again");
    expect(sshd.counts().connections).toBe(2);
  });

  test("while idle is dialled again without anybody noticing", async () => {
    const executor = pool.executor(connectionTo(sshd));
    await echo(executor, "one");
    sshd.signalConnections("SIGKILL");
    await sleep(50);
    expect(await echo(executor, "two")).toBe("two");
    expect(sshd.counts().connections).toBe(2);
  });

  test("ends what was held on it", async () => {
    const held = await pool
      .executor(connectionTo(sshd))
      .hold({ argv: ["sh", "-c", "echo locked; cat"] }, SOON);
    expect(await held.ready).toBe("locked");
    sshd.signalConnections("SIGKILL");
    await held.ended;
    await held.release();
  });

  test("before the first line makes the wait for it fail", async () => {
    const held = await pool.executor(connectionTo(sshd)).hold({ argv: ["sleep", "302"] }, SOON);
    await expect.poll(() => running("sleep 302")).toBe(1);
    sshd.signalConnections("SIGKILL");
    expect(await failureOf(held.ready)).toBeInstanceOf(ConnectionLostError);
    await held.ended;
  });

  test("frees the lock that was held on it", async () => {
    const executor = pool.executor(connectionTo(sshd));
    // In a place that only the user's empty home on this server has.
    const lock = "exec 9>>~/lock; flock -w 10 9 && echo locked && cat";
    const held = await executor.hold({ script: lock }, SOON);
    expect(await held.ready).toBe("locked");
    await pool.closeAll();
    await held.ended;
    const second = await executor.hold({ script: lock }, SOON);
    expect(await second.ready).toBe("locked");
    await second.release();
  });

  test("by falling silent is noticed when a command starts, and replaced", async () => {
    const executor = pool.executor(connectionTo(sshd, { perDialTimeout: 1 }));
    await echo(executor, "one");
    sshd.signalConnections("SIGSTOP");
    const error = await failureOf(echo(executor, "two"));
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(error.cause).toMatchObject({ message: "no answer within 1 s" });
    expect(await echo(executor, "three")).toBe("three");
    expect(sshd.counts().connections).toBe(2);
    sshd.signalConnections("SIGCONT");
  });
});

describe("a command that was given up", () => {
  test("finds its stdin and its stdout closed over there", async () => {
    const executor = pool.executor(connectionTo(sshd));
    const script = "while sleep 0.1; do echo 303; done";
    const error = await failureOf(executor.run({ argv: ["sh", "-c", script] }, { timeoutMs: 500 }));
    expect(error).toBeInstanceOf(CommandTimeoutError);
    await expect.poll(() => running(`sh -c ${script}`)).toBe(0);
  });

  test("takes its connection with it, but not the other commands there", async () => {
    const executor = pool.executor(connectionTo(sshd));
    const other = executor.run({ argv: ["sh", "-c", "sleep 1; echo done"] }, SOON);
    await failureOf(executor.run({ argv: ["sleep", "304"] }, { timeoutMs: 300 }));
    expect(await echo(executor, "next")).toBe("next");
    expect(sshd.counts().connections).toBe(2);
    expect((await other).stdout).toBe("done\n");
    await expect.poll(() => openConnections()).toBe(1);
  });

  test("does not use up the places of the others", async () => {
    const executor = pool.executor(connectionTo(sshd));
    const hopeless = Array.from({ length: 24 }, () =>
      failureOf(executor.run({ argv: ["sleep", "305"] }, { timeoutMs: 200 })),
    );
    expect(await echo(executor, "through")).toBe("through");
    for (const error of await Promise.all(hopeless)) expect(error).toBeInstanceOf(CommandTimeoutError);
  });
});

describe("an idle connection", () => {
  test("ends after a while", async () => {
    const hasty = createSshPool({ idleMs: 100 });
    const executor = hasty.executor(connectionTo(sshd));
    await echo(executor, "one");
    await expect.poll(() => openConnections()).toBe(0);
    expect(await echo(executor, "two")).toBe("two");
    expect(sshd.counts().connections).toBe(2);
    await hasty.closeAll();
  });

  test("is not idle while a command runs or is held on it", async () => {
    const hasty = createSshPool({ idleMs: 50 });
    const executor = hasty.executor(connectionTo(sshd));
    const held = await executor.hold({ argv: ["sh", "-c", "echo locked; cat"] }, SOON);
    await held.ready;
    await echo(executor, "beside");
    await sleep(400);
    expect(openConnections()).toBe(1);
    await held.release();
    await expect.poll(() => openConnections()).toBe(0);
    await hasty.closeAll();
  });

  test("does not keep the process alive, and a running command does", async () => {
    const executor = pool.executor(connectionTo(sshd));
    await expect.poll(bindingSockets).toBe(0);
    const command = executor.run({ argv: ["sleep", "0.5"] }, SOON);
    await expect.poll(() => running("sleep 0.5")).toBe(1);
    expect(bindingSockets()).toBe(1);
    await command;
    await expect.poll(bindingSockets).toBe(0);
    expect(openConnections()).toBe(1);
  });

  test("ends with the last executor that uses it", async () => {
    const first = pool.executor(connectionTo(sshd));
    const second = pool.executor(connectionTo(sshd));
    await echo(first, "one");
    await first.close();
    await first.close();
    expect(await echo(second, "two")).toBe("two");
    expect(sshd.counts().connections).toBe(1);
    await second.close();
    await expect.poll(() => openConnections()).toBe(0);
  });
});

describe("closing everything", () => {
  test("breaks off what runs; a later command connects again", async () => {
    const executor = pool.executor(connectionTo(sshd));
    const command = failureOf(executor.run({ argv: ["sleep", "306"] }, SOON));
    await expect.poll(() => running("sleep 306")).toBe(1);
    await pool.closeAll();
    expect(await command).toBeInstanceOf(ConnectionLostError);
    expect(await echo(executor, "again")).toBe("again");
  });
});
