import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { AuthenticationError, ConnectionSettingsError } from "../../provider/errors.ts";
import { createSshPool, type SshPool } from "../../provider/remote/pool.ts";
import type { ConnectionArgs } from "../../provider/schema/connection.ts";
import { generateKey } from "../support/ssh-key.ts";
import { type Sshd, startSshd } from "../support/sshd.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { bareConnectionTo, failureOf } from "./connection-to.ts";

const ENCRYPTED = generateKey({ passphrase: "correct horse" });
const echo = { argv: ["echo", "in"] };
const SOON = { timeoutMs: 30_000 };

let sshd: Sshd;
let pool: SshPool;
let folder: string;
beforeAll(async () => {
  sshd = await startSshd({ authorizedKeys: [ENCRYPTED.publicKey] });
});
afterAll(() => sshd.stop());
beforeEach(() => {
  pool = createSshPool();
  folder = temporaryDirectory("key-files");
});
afterEach(() => pool.closeAll());

const run = (changes: Partial<ConnectionArgs>) =>
  pool.executor(bareConnectionTo(sshd, { hostKey: sshd.hostKey, ...changes })).run(echo, SOON);

describe("privateKeyPath", () => {
  test("logs in with the key in the file", async () => {
    expect((await run({ privateKeyPath: sshd.clientKeyPath })).stdout).toBe("in\n");
  });

  test("opens an encrypted file with the passphrase", async () => {
    const { path } = ENCRYPTED;
    expect((await run({ privateKeyPath: path, privateKeyPassword: "correct horse" })).stdout).toBe("in\n");
    const error = await failureOf(run({ privateKeyPath: path, privateKeyPassword: "wrong" }));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ problem: { code: "key-passphrase-wrong" } });
  });

  test("is read again for each new connection", async () => {
    const path = join(folder, "key");
    copyFileSync(generateKey().path, path);
    expect(await failureOf(run({ privateKeyPath: path }))).toBeInstanceOf(AuthenticationError);
    copyFileSync(sshd.clientKeyPath, path);
    expect((await run({ privateKeyPath: path })).stdout).toBe("in\n");
  });

  test("works for a jump host", async () => {
    const { host, port, hostKey, clientKeyPath: privateKeyPath } = sshd;
    const proxy = { host, port, hostKey, privateKeyPath };
    expect((await run({ privateKeyPath, proxy })).stdout).toBe("in\n");
    const missing = { ...proxy, privateKeyPath: "/no/such/key" };
    expect((await failureOf(run({ privateKeyPath, proxy: missing }))).message).toBe(
      `connection.proxy.privateKeyPath of the jump host root@${host}:${port} cannot be read: ENOENT /no/such/key`,
    );
  });

  test.each<[string, string, (path: string) => void]>([
    ["is missing", "cannot be read: ENOENT", () => {}],
    ["is a folder", "is not a regular file:", (path) => mkdirSync(path)],
    ["is a pipe", "is not a regular file:", (path) => execFileSync("mkfifo", [path])],
    [
      "is huge",
      "is too large for a private key:",
      (path) => writeFileSync(path, "x".repeat(1024 * 1024 + 1)),
    ],
  ])(
    "of a file that %s is refused by its property, before anything is contacted",
    async (_, reason, make) => {
      sshd.resetCounts();
      const path = join(folder, "key");
      make(path);
      const error = await failureOf(run({ privateKeyPath: path }));
      expect(error).toBeInstanceOf(ConnectionSettingsError);
      expect(error.message).toBe(
        `connection.privateKeyPath of root@${sshd.host}:${sshd.port} ${reason} ${path}`,
      );
      expect(sshd.counts().connections).toBe(0);
    },
  );

  test("of a file that is no key does not repeat its text", async () => {
    const path = join(folder, "key");
    writeFileSync(path, "a secret of another kind");
    chmodSync(path, 0o600);
    const error = await failureOf(run({ privateKeyPath: path }));
    expect(error).toMatchObject({ code: "authentication", problem: { code: "key-unreadable" } });
    expect(JSON.stringify([error.message, error])).not.toContain("secret of another");
  });
});
