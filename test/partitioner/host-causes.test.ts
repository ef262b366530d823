import { afterEach, describe, expect, test } from "vitest";

import { detectionMessages } from "../../provider/detection/messages.ts";
import { observeHost } from "../../provider/detection/observe.ts";
import { reconcile } from "../../provider/partitioner/change/reconcile.ts";
import { createSshPool } from "../../provider/remote/pool.ts";
import { connectionTo, failureOf } from "../remote/connection-to.ts";
import { startSshd } from "../support/sshd.ts";
import { type HardwareHost, hardwareHost } from "./hardware-host.ts";
import { requestFor } from "./host-under-test.ts";
import { declareAll } from "./host.ts";

let host: HardwareHost | undefined;
afterEach(async () => {
  await host?.stop();
  host = undefined;
});

const prepared = async (user: "root" | "ops", script: string): Promise<HardwareHost> => {
  host = await hardwareHost({ user });
  host.node.inside(script);
  return host;
};

/** A tool of the host that cannot be run. */
const unusable = (tool: string): string => `mount --bind /dev/null "$(command -v ${tool})"`;
/** A file of the host with this content. */
const instead = (path: string, mode: string, content: string): string =>
  `mount -t tmpfs tmpfs /mnt; cat >/mnt/file <<'END'\n${content}\nEND\nchmod ${mode} /mnt/file; mount --bind /mnt/file ${path}`;
const sudoers = (...lines: readonly string[]): string => instead("/etc/sudoers", "440", lines.join("\n"));
const full = (path: string): string =>
  `mount -t tmpfs -o size=4k,mode=1777 tmpfs ${path}; head -c 4096 /dev/zero >${path}/full`;

describe("an observation", () => {
  test.each([
    ["a full /dev/shm", full("/dev/shm")],
    ["a /dev/shm without inodes", "mount -t tmpfs -o nr_inodes=1,mode=1777 tmpfs /dev/shm"],
    ["a read-only /dev/shm", "mount -t tmpfs -o ro tmpfs /dev/shm"],
    ["no /dev/shm", "umount /dev/shm; chmod 700 /dev/shm"],
  ])("is not blinded by %s", async (_what, script) => {
    const { amdSmi, problems } = await (await (await prepared("ops", script)).open()).observe();
    expect(amdSmi.state).toBe("working");
    expect(problems).toEqual([]);
  });

  test.each([
    [
      "sudo that keeps programs from starting others",
      sudoers("ops ALL=(ALL) NOPASSWD: NOEXEC: ALL"),
      detectionMessages["sudo-without-exec"]({
        said: "timeout: failed to run command 'sh': Permission denied",
      }),
    ],
    [
      "sudo that allows some commands alone",
      sudoers("ops ALL=(root) NOPASSWD: /usr/bin/true, /usr/local/bin/amd-smi"),
      detectionMessages["sudo-refuses"]({ said: "sudo: a password is required" }),
    ],
  ])("names %s", async (_what, script, { text }) => {
    const { amdSmi } = await (await (await prepared("ops", script)).open()).observe();
    expect(amdSmi).toMatchObject({ state: "failing", reason: text });
  });

  test("names sudo that wants a terminal", async () => {
    const script = sudoers("Defaults requiretty", "ops ALL=(ALL) NOPASSWD: ALL");
    const { right, problems } = await (await (await prepared("ops", script)).open()).observe();
    expect(right).toBe("none");
    expect(problems).toEqual([
      detectionMessages["sudo-broken"]({ said: "sudo: sorry, you must have a tty to run sudo" }).text,
    ]);
  });

  test.each(["cat", "grep", "mkdir"])("names a tool that cannot be run: %s", async (tool) => {
    const failure = await failureOf((await prepared("root", unusable(tool))).open());
    expect(failure).toMatchObject({ code: "probe-output" });
    expect(failure.message).toContain(tool);
  });

  test("names a limit of processes", async () => {
    const server = await startSshd({
      accounts: [{ name: "ops", shell: "/bin/bash", home: { ".bashrc": "ulimit -u 1\n" } }],
    });
    const pool = createSshPool();
    try {
      const executor = pool.executor(connectionTo(server, { user: "ops" }));
      const failure = await failureOf(observeHost(executor, 10_000));
      expect(failure).toMatchObject({ code: "probe-output" });
      expect(failure.message).toContain("Cannot fork");
    } finally {
      await pool.closeAll();
      await server.stop();
    }
  });
});

describe("a change", () => {
  test.each([
    ["a read-only disk", "mount -t tmpfs -o ro tmpfs /var/lib", "Read-only file system"],
    ["a full disk", full("/var/lib"), "No space left on device"],
    ["a disk without inodes", "mount -t tmpfs -o nr_inodes=1 tmpfs /var/lib", "No space left on device"],
    ["a file in the place of the folder", "touch /var/lib/pulumi-amd-gpu", "File exists"],
    ["flock that cannot be run", unusable("flock"), "flock: Permission denied"],
    [
      "flock that fails",
      instead('"$(command -v flock)"', "755", '#!/bin/sh\necho "flock: 9: No locks available" >&2; exit 71'),
      "flock: 9: No locks available",
    ],
    ["sync that cannot be run", unusable("sync"), "sync: Permission denied"],
    [
      "a folder in the place of the record",
      "mkdir -p /var/lib/pulumi-amd-gpu/host.json",
      "not a regular file",
    ],
  ])("that %s stops names it, and has changed nothing", async (_what, script, said) => {
    const changing = await prepared("root", script);
    const failure = await failureOf(reconcile(await changing.open(), requestFor(declareAll("CPX/NPS4", 2))));
    expect(failure).toMatchObject({ code: "host-record" });
    expect(failure.message).toContain("/var/lib/pulumi-amd-gpu/");
    expect(failure.message).toContain(said);
    expect(changing.modes()).toBe("SPX/NPS1 SPX/NPS1");
  });

  test.each(["timeout", "env"])("that %s stops does not blame amd-smi, and is rolled back", async (tool) => {
    const changing = await prepared("root", unusable(tool));
    const failure = await failureOf(reconcile(await changing.open(), requestFor(declareAll("CPX/NPS4", 2))));
    expect(failure).toMatchObject({ code: "change-failed", rolledBack: true });
    expect(failure.message).toContain("amd-smi could not be started");
    expect(failure.message).toContain(tool);
    expect(changing.modes()).toBe("SPX/NPS1 SPX/NPS1");
  });
});
