import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { inspect } from "node:util";

import { afterAll, beforeAll, expect, test } from "vitest";

import { createSshPool, type SshPool } from "../../provider/remote/pool.ts";
import type { ConnectionArgs } from "../../provider/schema/connection.ts";
import { descendantsOf } from "../support/process-tree.ts";
import { generateKey } from "../support/ssh-key.ts";
import { type Sshd, startSshd } from "../support/sshd.ts";
import { bareConnectionTo, connectionTo, failureOf } from "./connection-to.ts";

const PASSWORD = "hunter2-staple";

let sshd: Sshd;
let pool: SshPool;

beforeAll(async () => {
  sshd = await startSshd();
  pool = createSshPool();
});
afterAll(async () => {
  await pool.closeAll();
  await sshd.stop();
});

/** Every part of these texts that would give something away. */
function leaks(shown: string, secrets: readonly string[]): readonly string[] {
  const parts = secrets.flatMap((secret) => secret.split("\n"));
  return parts.filter((part) => part.length > 6 && !part.startsWith("-----") && shown.includes(part));
}

test.each<[string, (sshd: Sshd) => Partial<ConnectionArgs>]>([
  ["a refused key", () => ({ privateKey: generateKey().privateKey })],
  ["a refused password", () => ({ password: PASSWORD })],
  ["a broken key", () => ({ privateKey: generateKey().privateKey.slice(0, 150) })],
  [
    "a key that does not open",
    () => ({ privateKey: generateKey({ passphrase: "another" }).privateKey, privateKeyPassword: PASSWORD }),
  ],
  ["a key given as the host's", () => ({ privateKey: sshd.clientKey, hostKey: generateKey().privateKey })],
  ["a wrong host key", () => ({ privateKey: sshd.clientKey, hostKey: generateKey().publicKey })],
  ["a closed port", () => ({ privateKey: sshd.clientKey, port: 1, dialErrorLimit: 1 })],
  ["a path for a key", () => ({ privateKey: "/root/.ssh/id_of_somebody" })],
])("an error about %s shows no secret, at any depth", async (_what, changesFor) => {
  const changes = { hostKey: sshd.hostKey, ...changesFor(sshd) };
  const executor = pool.executor(bareConnectionTo(sshd, changes));
  const error = await failureOf(executor.run({ argv: ["true"] }, { timeoutMs: 10_000 }));
  const shown = inspect({ error, executor }, { depth: Infinity, showHidden: true }) + String(error.stack);
  const { privateKey = "", password = "", privateKeyPassword = "" } = changes;
  const mistaken = [changes.hostKey ?? []].flat().filter((key) => key.includes("PRIVATE"));
  expect(leaks(shown, [privateKey, password, privateKeyPassword, ...mistaken])).toEqual([]);
});

test("a connection that breaks shows no secret", async () => {
  const executor = pool.executor(connectionTo(sshd));
  const held = await executor.hold({ argv: ["sh", "-c", "echo ready; sleep 300"] }, { timeoutMs: 10_000 });
  await held.ready;
  const command = failureOf(executor.run({ argv: ["sleep", "300"] }, { timeoutMs: 10_000 }));
  await expect.poll(() => sshd.counts().execs).toBeGreaterThan(1);
  sshd.signalConnections("SIGKILL");
  const shown = inspect([await command, executor, held], { depth: Infinity, showHidden: true });
  expect(leaks(shown, [sshd.clientKey])).toEqual([]);
});

const listed = (): string => execFileSync("ps", ["axww", "-o", "args"], { encoding: "utf8" });

test("neither a script nor a stdin is in any list of processes, nor in their environments", async () => {
  const executor = pool.executor(connectionTo(sshd));
  const script = "secret=tok-5d41402a; echo ready; cat >/dev/null # $secret";
  const held = await executor.hold({ script }, { timeoutMs: 10_000 });
  expect(await held.ready).toBe("ready");
  const argv = ["sh", "-c", "while read -r line; do :; done; sleep 307"];
  const controller = new AbortController();
  const reading = failureOf(
    executor.run({ argv, stdin: "tok-7b52009b\n" }, { timeoutMs: 10_000, signal: controller.signal }),
  );
  await expect.poll(listed).toContain("sleep 307");

  const processes = listed();
  const environments = descendantsOf(sshd.pid).map((pid) => readFileSync(`/proc/${pid}/environ`, "utf8"));
  expect(environments.length).toBeGreaterThan(2);
  const shown = [processes, ...environments].join("\n");
  expect(leaks(shown, ["tok-5d41402a", "tok-7b52009b", sshd.clientKey])).toEqual([]);
  controller.abort(new Error("seen"));
  await Promise.all([held.release(), reading]);
});

test("a target names user, host and port, and nothing else", () => {
  const secret = { password: PASSWORD, hostKey: sshd.hostKey };
  const target = (changes: Partial<ConnectionArgs>): string =>
    pool.executor(bareConnectionTo(sshd, { ...secret, ...changes })).target;
  expect(target({ host: "gpu1.example", port: 22, user: "ops" })).toBe("ops@gpu1.example");
  expect(target({ host: "gpu1.example", port: 2222 })).toBe("root@gpu1.example:2222");
  expect(target({ host: "2001:db8::1", port: 2222 })).toBe("root@[2001:db8::1]:2222");
});
