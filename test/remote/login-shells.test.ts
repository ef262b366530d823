import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { CommandTimeoutError, LoginShellError } from "../../provider/errors.ts";
import type { Executor } from "../../provider/remote/executor.ts";
import { createSshPool, type SshPool } from "../../provider/remote/pool.ts";
import { type Sshd, startSshd } from "../support/sshd.ts";
import { printArguments, printedArguments } from "./arguments.ts";
import { connectionTo, failureOf } from "./connection-to.ts";
import { noisyHome, SHELLS, VALUES } from "./shells.ts";

const SOON = { timeoutMs: 30_000 };
const BANNER = "Welcome to gpu1!\nconflict\nlocked\nwritten\n";

const names = Object.keys(SHELLS);

/** Accounts whose start-up files or shells keep a command from running at all. */
const BROKEN = {
  endless: { shell: "/bin/bash", home: { ".bashrc": "yes\n" } },
  waiting: { shell: "/bin/bash", home: { ".bashrc": "sleep 308\n" } },
  reading: { shell: "/bin/bash", home: { ".bashrc": "cat >/dev/null\n" } },
  echoing: { shell: "/bin/bash", home: { ".bashrc": "cat\n" } },
  replaced: { shell: "/bin/bash", home: { ".bashrc": "exec fish\n" } },
  closed: { shell: "/usr/sbin/nologin" },
  silent: { shell: "/bin/false" },
} as const;

let sshd: Sshd;
let pool: SshPool;

beforeAll(async () => {
  sshd = await startSshd({
    accounts: [
      ...names.flatMap((name) => [
        { name, shell: SHELLS[name] ?? "" },
        { name: `${name}-noisy`, shell: SHELLS[name] ?? "", home: noisyHome(BANNER) },
      ]),
      ...Object.entries(BROKEN).map(([name, account]) => ({ name, ...account })),
      { name: "large", shell: "/bin/bash", home: { ".bashrc": "head -c 100000 /dev/zero\n" } },
      { name: "zsh-instead", shell: "/bin/bash", home: { ".bashrc": "exec zsh\n" } },
      { name: "forced", shell: "/bin/bash" },
      { name: "logged", shell: "/bin/bash" },
    ],
    config: [
      "Match User forced",
      '  ForceCommand echo "All commands are logged"; eval "$SSH_ORIGINAL_COMMAND"; echo bye; exit 3',
      "Match User logged",
      '  ForceCommand test "$SSH_ORIGINAL_COMMAND" = sh && exec sh',
      "Match all",
    ],
  });
  pool = createSshPool();
});
afterAll(async () => {
  await pool?.closeAll();
  await sshd?.stop();
});

const executorOf = (user: string, perDialTimeout = 15): Executor =>
  pool.executor(connectionTo(sshd, { user, perDialTimeout }));

const USERS = [...names, ...names.map((name) => `${name}-noisy`), "large", "zsh-instead", "forced", "logged"];

describe.each(USERS)("a login shell like that of %s", (user) => {
  test.each(Object.entries(VALUES))("passes on %s unchanged", async (_name, value) => {
    const executor = executorOf(user);
    const printed = await executor.run({ argv: printArguments([value, "last"]) }, SOON);
    expect(printedArguments(printed.stdout)).toEqual([value, "last"]);
    const script = String.raw`printf '%s' "$2"; exit 7`;
    expect(await executor.run({ script, args: ["first", value] }, SOON)).toEqual({
      stdout: value,
      stderr: "",
      code: 7,
    });
    expect(await executor.run({ argv: ["cat"], stdin: value }, SOON)).toEqual({
      stdout: value,
      stderr: "",
      code: 0,
    });
  });

  test("holds a command, and its first line is the command's own", async () => {
    const held = await executorOf(user).hold({ script: 'echo "locked $1"; cat', args: ["by us"] }, SOON);
    expect(await held.ready).toBe("locked by us");
    await held.release();
    await held.ended;
  });
});

describe("a login shell that starts no sh", () => {
  test.each([
    ["endless", "printed more than 1 MiB before it started sh"],
    ["waiting", "did not start sh within 2 s"],
    ["reading", "did not start sh within 2 s"],
    ["echoing", "did not start sh within 2 s"],
    ["replaced", "did not start sh within 2 s"],
    ["closed", "ended with status 1 before it started sh"],
    ["silent", "ended with status 1 before it started sh"],
  ])("is said to be the cause: %s", async (user, problem) => {
    const error = await failureOf(executorOf(user, 2).run({ argv: ["true"] }, SOON));
    expect(error).toBeInstanceOf(LoginShellError);
    expect(error.message).toContain(`the login shell on ${user}@127.0.0.1:${sshd.port} `);
    expect(error.message).toContain(problem);
    const held = await failureOf(executorOf(user, 2).hold({ argv: ["cat"] }, SOON));
    expect(held).toBeInstanceOf(LoginShellError);
  });

  test("costs a command no more than its own time", async () => {
    const error = await failureOf(executorOf("waiting").run({ argv: ["true"] }, { timeoutMs: 500 }));
    expect(error).toBeInstanceOf(CommandTimeoutError);
  });

  test("is quoted with what it printed", async () => {
    const error = await failureOf(executorOf("closed").run({ argv: ["true"] }, SOON));
    expect(error).toMatchObject({ code: "login-shell", printed: "This account is currently not available." });
  });
});
