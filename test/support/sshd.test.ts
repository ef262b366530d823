import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { promisify } from "node:util";

import { afterEach, expect, test, vi } from "vitest";

import { commandLineOf, descendantsOf } from "./process-tree.ts";
import { type Sshd, type SshdOptions, startSshd } from "./sshd.ts";

const started: Sshd[] = [];
const start = async (options?: SshdOptions): Promise<Sshd> => {
  const sshd = await startSshd(options);
  started.push(sshd);
  return sshd;
};
afterEach(async () => {
  await Promise.all(started.splice(0).map((sshd) => sshd.stop()));
});

/** The client that everybody has, so that nothing of ours judges itself. */
async function ssh(sshd: Sshd, user: string, command: string): Promise<string> {
  const options = [
    "BatchMode=yes",
    "StrictHostKeyChecking=no",
    "UserKnownHostsFile=/dev/null",
    "LogLevel=ERROR",
  ];
  const flags = ["-F", "none", "-i", sshd.clientKeyPath, ...options.flatMap((option) => ["-o", option])];
  const address = ["-p", String(sshd.port), `${user}@${sshd.host}`];
  const { stdout } = await promisify(execFile)("ssh", [...flags, ...address, command]);
  return stdout;
}

test("a host has files of its own, and this machine never sees them", async () => {
  const namespaceSetup = "mount -t tmpfs none /mnt; echo mi300x >/mnt/accelerator; hostname >/mnt/name";
  const sshd = await start({ namespaceSetup });
  expect(await ssh(sshd, "root", "cat /mnt/accelerator /mnt/name")).toBe(`mi300x\n${hostname()}\n`);
  expect(existsSync("/mnt/accelerator")).toBe(false);
});

test("a host has accounts of its own", async () => {
  const sshd = await start({ accounts: [{ name: "ops", password: "x" }] });
  expect(await ssh(sshd, "ops", "id -un; echo $HOME; pwd")).toMatch(/^ops\n(.*home-ops)\n\1\n$/);
  expect(await ssh(sshd, "root", "id -u")).toBe("0\n");
});

test("the server counts logins and commands", async () => {
  const sshd = await start();
  await ssh(sshd, "root", "true");
  await ssh(sshd, "root", "true");
  expect(sshd.counts()).toEqual({ connections: 2, execs: 2 });
  sshd.resetCounts();
  expect(sshd.counts()).toEqual({ connections: 0, execs: 0 });
});

test("a host that was stopped leaves no process, whatever its sessions started", async () => {
  const sshd = await start();
  await ssh(sshd, "root", "setsid sleep 9731 >/dev/null 2>&1 </dev/null &");
  const sleeper = (): number | undefined =>
    descendantsOf(sshd.pid).find((pid) => commandLineOf(pid) === "sleep 9731");
  const pid = await vi.waitUntil(sleeper);
  await sshd.stop();
  expect(existsSync(`/proc/${sshd.pid}`)).toBe(false);
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  await start({ port: sshd.port });
});

test("sixty-four hosts run side by side", async () => {
  const hosts = await Promise.all(
    Array.from({ length: 64 }, (_, index) => start({ address: `127.0.0.${index + 1}` })),
  );
  expect(new Set(hosts.map((host) => host.pid)).size).toBe(64);
  expect(await ssh(hosts.at(-1) as Sshd, "root", "echo $SSH_CONNECTION")).toContain("127.0.0.64");
});

test("a host that cannot be set up says why", async () => {
  await expect(start({ namespaceSetup: "echo no such accelerator >&2; exit 1" })).rejects.toThrow(
    /did not start:\nno such accelerator/,
  );
});
