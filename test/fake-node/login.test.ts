import { existsSync, readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { connectionSchema } from "../../provider/schema/connection.ts";
import { OPERATOR } from "../support/fake-node/accounts.ts";
import { isChange } from "../support/fake-node/command-log.ts";
import { rows } from "./documents.ts";
import { BOTH_MODES, KFD_GPUS, start } from "./running.ts";
import { logIn } from "./ssh-client.ts";

describe("a login on the host", () => {
  it("finds what a provider reads under the paths of a real one", async () => {
    const node = await start({ gpus: 2 });
    const { stdout, stderr, code } = await logIn(
      node,
      "root",
      `set -e
      cat /sys/module/amdgpu/initstate /etc/machine-id /proc/sys/kernel/random/boot_id; ${BOTH_MODES}; ${KFD_GPUS}
      test -c /dev/dri/renderD128; test -c /dev/kfd; test -c /dev/null; echo x >/dev/null
      getent group render video; command -v amd-smi; command -v modprobe; ls /var/lib
      dd if=/dev/urandom bs=1 count=1 2>/dev/null | wc -c`,
    );
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(stdout.split("\n")).toEqual([
      "live",
      node.readFile("/etc/machine-id")?.trim(),
      node.state().bootId,
      "SPX",
      "NPS1",
      "2",
      "render:x:109:ops",
      "video:x:44:ops",
      "/usr/local/bin/amd-smi",
      "/usr/local/sbin/modprobe",
      "1",
      "",
    ]);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain("fake-node");
  });

  it("is what the provider's connection input describes", async () => {
    const node = await start({ user: "ops" });
    expect(connectionSchema.parse(node.connection)).toMatchObject({
      host: "127.0.0.1",
      user: "ops",
      hostKeyChecking: "strict",
    });
    node.resetCounts();
    await logIn(node, "ops", "true");
    expect(node.counts()).toEqual({ connections: 1, execs: 1 });
  });

  it("is given a terminal when it asks for one", async () => {
    const node = await start();
    const { stdout } = await logIn(node, "root", "script -qc tty /dev/null");
    expect(stdout.trim()).toMatch(/^\/dev\/pts\/\d+$/);
  });

  it("changes modes, reloads the driver, and everything follows", async () => {
    const node = await start({ gpus: 2 });
    const asked = await logIn(node, "root", "amd-smi set -g 0 -M NPS4 --json", "Y\n");
    expect(rows(asked.stdout)).toMatchObject([
      { memory_partition: expect.stringMatching(/^Successfully/) as unknown },
    ]);
    expect((await logIn(node, "root", BOTH_MODES)).stdout).toBe("SPX\nNPS1\n");

    const reloaded = await logIn(
      node,
      "root",
      `modprobe -r amdgpu && ls /sys/class; modprobe amdgpu; ${BOTH_MODES}; ${KFD_GPUS}`,
    );
    expect(reloaded.stdout).toBe("drm\nCPX\nNPS4\n16\n");

    const list = "amd-smi list --json | grep -c bdf; ls /dev/dri | grep -c renderD";
    const set = await logIn(node, "root", `amd-smi set -g 0000:22:00.0 -C QPX --json; ${KFD_GPUS}; ${list}`);
    expect(rows(set.stdout)).toEqual([
      { gpu: 8, accelerator_partition: "Successfully set accelerator partition to QPX (profile #2)" },
    ]);
    expect(set.stdout.trim().split("\n").slice(-3)).toEqual(["12", "12", "16"]);
    expect(
      node
        .commands()
        .filter(isChange)
        .map(({ tool, argv, uid }) => [tool, ...argv, uid].join(" ")),
    ).toEqual([
      "amd-smi set -g 0 -M NPS4 --json 0",
      "modprobe -r amdgpu 0",
      "modprobe amdgpu 0",
      "amd-smi set -g 0000:22:00.0 -C QPX --json 0",
    ]);
  });

  it("leaves the host as it is when nobody answers the question", async () => {
    const node = await start();
    const { stderr, code } = await logIn(node, "root", "amd-smi set -g 0 -M NPS4 --json </dev/null");
    expect({ stderr, code }).toEqual({ stderr: "EOFError: EOF when reading a line\n", code: 1 });
    expect(node.state().staged).toBeNull();
  });

  it("prepares what is asked twice, and answers the same", async () => {
    const node = await start({ rocm: "7.14" });
    const command = "amd-smi static --vram --asic --json; amd-smi list --bogus --json; echo $?";
    const first = await logIn(node, "root", command);
    await node.change((state) => ({ ...state, accelerator: "MI325X" }));
    const second = await logIn(node, "root", command);
    expect(first.stdout).toContain('"value": 196592');
    expect(second.stdout).toBe(
      first.stdout
        .replaceAll("MI300X", "MI325X")
        .replaceAll("74a1", "74a5")
        .replace("196592", "262128")
        .replace('"HBM3"', '"HBM3E"')
        .replace("5300", "6000"),
    );
  });
});

describe("the unprivileged account", () => {
  const AMD_SMI = "sudo -n amd-smi set -g 0 -C CPX --json";

  it("becomes root without a password", async () => {
    const node = await start();
    expect((await logIn(node, "ops", AMD_SMI)).stdout).toContain("Successfully");
    expect(node.commands().map(({ uid }) => uid)).toEqual([0]);
  });

  it("is asked for its password, which -n forbids", async () => {
    const node = await start({ sudo: "with-password" });
    expect(await logIn(node, "ops", AMD_SMI)).toMatchObject({
      code: 1,
      stderr: "sudo: a password is required\n",
    });
    const { stdout } = await logIn(node, "ops", "sudo -S -p '' id -u", `${OPERATOR.password}\n`);
    expect(stdout).toBe("0\n");
  });

  it("is not allowed at all, and amd-smi tells it so too", async () => {
    const node = await start({ sudo: "denied" });
    expect((await logIn(node, "ops", AMD_SMI)).code).toBe(1);
    expect(node.commands()).toEqual([]);
    const { stderr, code } = await logIn(node, "ops", "amd-smi set -g 0 -C CPX --json");
    expect(code).toBe(1);
    expect(stderr).toContain('"code": -11}');
    expect(node.state().gpus[0]?.compute).toBe("SPX");
  });

  it("cannot write what belongs to root", async () => {
    const node = await start({ operatorGroups: "none" });
    const { stdout } = await logIn(
      node,
      "ops",
      "id -Gn; for f in /var/lib /sys/class /etc/machine-id; do test -w $f || echo no; done",
    );
    expect(stdout).toBe("ops\nno\nno\nno\n");
  });

  it("reads the words of tools in the language of the host, and English when it says so", async () => {
    const node = await start({ sudo: "with-password", language: "de" });
    // Slim images come without the translations of sudo.
    const translated = existsSync("/usr/share/locale/de/LC_MESSAGES/sudo.mo");
    const { stderr } = await logIn(node, "ops", "sudo -n true; LC_ALL=C sudo -n true");
    expect(stderr.split("\n")).toEqual([
      translated ? "sudo: Ein Passwort ist notwendig" : "sudo: a password is required",
      "sudo: a password is required",
      "",
    ]);
  });
});
