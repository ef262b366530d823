import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { splitSections } from "../../../provider/detection/parse/sections.ts";
import { PROBE_SCRIPT } from "../../../provider/detection/probe/script.ts";

/** The script reads; so it may run on the machine of the tests, with an amd-smi of ours. */
describe("the probe's script", () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "probe-"));
    mkdirSync(join(folder, "bin"));
    mkdirSync(join(folder, "tmp"));
    env = { PATH: `${folder}/bin:/usr/bin:/bin`, TMPDIR: `${folder}/tmp` };
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const installAmdSmi = (script: string): void => {
    writeFileSync(join(folder, "bin/amd-smi"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "bin/amd-smi"), 0o755);
  };

  test.each(["dash", "bash"])(
    "prints a section for each thing it reads, and leaves nothing behind, in %s",
    (shell) => {
      installAmdSmi('echo "out of $1"; echo "err of $1" >&2; [ "$1" != static ]');
      const { stdout, stderr, status } = spawnSync(shell, ["-s", "--", "T", "5"], {
        input: PROBE_SCRIPT,
        env,
        encoding: "utf8",
      });
      expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
      const sections = splitSections(stdout, "T");
      expect([...sections.keys()]).toEqual(
        expect.arrayContaining(["gpuProcesses", "host", "record", "pci", "drm"]),
      );
      expect(sections.get("version")).toEqual({ code: 0, text: "out of version\n" });
      expect(sections.get("static")).toEqual({ code: 1, text: "out of static\nerr of static\n" });
      expect(readdirSync(join(folder, "tmp"))).toEqual([]);
    },
  );

  test("says of an amd-smi that hangs how it ended, and asks plain `list` only when `list -e` was refused", () => {
    installAmdSmi('[ "$1 $2" = "list -e" ] && exec sleep 100; echo "$@"');
    const { stdout } = spawnSync("sh", ["-s", "--", "T", "1"], {
      input: PROBE_SCRIPT,
      env,
      encoding: "utf8",
    });
    expect(splitSections(stdout, "T").get("list")?.code).toBe(124);

    installAmdSmi('[ "$1 $2" = "list -e" ] && { echo refused; exit 0; }; echo "\\"bdf\\" $*"');
    const second = spawnSync("sh", ["-s", "--", "T", "5"], { input: PROBE_SCRIPT, env, encoding: "utf8" });
    expect(splitSections(second.stdout, "T").get("list")).toEqual({ code: 0, text: '"bdf" list --json\n' });

    installAmdSmi('printf %s "[{\\"bdf\\": \\"$*\\"}]"');
    const third = spawnSync("sh", ["-s", "--", "T", "5"], { input: PROBE_SCRIPT, env, encoding: "utf8" });
    expect(splitSections(third.stdout, "T").get("list")?.text).toBe('[{"bdf": "list -e --json"}]');
  });

  test("leaves nothing behind when its connection breaks", async () => {
    installAmdSmi("exec sleep 100");
    const child: ChildProcess = spawn("sh", ["-s", "--", "T", "3"], {
      stdio: ["pipe", "ignore", "ignore"],
      env,
    });
    child.stdin?.end(`{ :\n${PROBE_SCRIPT}\n}; exit\n`);
    while (readdirSync(join(folder, "tmp")).length === 0) await sleep(5);
    const ended = once(child, "close");
    child.kill("SIGHUP");
    await ended;
    expect(readdirSync(join(folder, "tmp"))).toEqual([]);
  });

  /** In namespaces of its own, with device files that are plain ones, because these can be opened without a driver. */
  const inOwnWorld = (before: string): string => {
    const world = `mount -t tmpfs none /dev; mkdir /dev/dri; : >/dev/null; : >/dev/kfd; : >/dev/dri/renderD128
${before}
sh -s -- T 10 <<'PROBE'
${PROBE_SCRIPT}
PROBE`;
    const { stdout } = spawnSync(
      "unshare",
      ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", world],
      { env, encoding: "utf8" },
    );
    return stdout;
  };

  test("finds who has a device file open, with or without KFD, and never what it has started itself", () => {
    installAmdSmi('exec 7</dev/kfd; sleep 1; echo "out of $1"');
    const stdout = inOwnWorld(`(exec 5</dev/dri/renderD128; exec sleep 100) &
(exec sleep 100) &`);
    const sections = splitSections(stdout, "T");
    expect(sections.get("list")?.text).toContain("out of list");
    expect(sections.get("opened")?.text).toMatch(/^\/proc\/\d+\/fd\/5 \/dev\/dri\/renderD128$/m);
    expect(sections.get("openers")?.text).toMatch(/^\d+\t0\t\t.*\tsleep\n$/);
    expect(sections.get("opener-users")?.text).toMatch(/^root:/);
  });

  test("concludes nothing from a find without the options that it needs", () => {
    installAmdSmi('echo "out of $1"');
    writeFileSync(join(folder, "bin/find"), '#!/bin/sh\necho "unrecognized: -lname" >&2\nexit 1\n', {
      mode: 0o755,
    });
    const sections = splitSections(inOwnWorld("(exec 5</dev/dri/renderD128; exec sleep 100) &"), "T");
    expect(sections.get("list")?.text).toContain("out of list");
    expect([...sections.keys()]).not.toContain("opened");
  });

  test("tells which program a Python runs, and none of its arguments", () => {
    installAmdSmi('echo "out of $1"');
    mkdirSync(join(folder, "tools"));
    writeFileSync(join(folder, "tools/amd-smi"), "exec 5</dev/kfd\nread -r _ <tube\n");
    const stdout = inOwnWorld(`cd ${folder}; mkfifo tube; ln -s /bin/bash bin/python3
bin/python3 tools/amd-smi --token secret & sleep 0.3`);
    expect(splitSections(stdout, "T").get("openers")?.text).toMatch(/\tpython3 amd-smi\n$/);
    expect(stdout).not.toContain("secret");
  });

  test("reads no process when nothing holds the driver", () => {
    installAmdSmi('echo "out of $1"');
    const stdout = inOwnWorld(`(exec 5</dev/dri/renderD128; exec sleep 100) &
mount -t tmpfs none /sys; mkdir -p /sys/module/amdgpu; echo 0 >/sys/module/amdgpu/refcnt`);
    expect([...splitSections(stdout, "T").keys()]).not.toContain("opened");
  });
});
