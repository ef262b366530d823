import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { splitSections } from "../../provider/detection/parse/sections.ts";
import { PROBE_SCRIPT } from "../../provider/detection/probe/script.ts";

const TOKEN = "token-of-this-look";

describe("the folder of an observation", () => {
  let home: string;
  let name: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "probe-folder-"));
    name = join(home, "tmp", `pulumi-amd-gpu-${TOKEN}`);
    for (const folder of ["bin", "tmp", "other"]) mkdirSync(join(home, folder));
    // Where amd-smi's output goes is where root writes.
    const where = String.raw`readlink /proc/self/fd/1; printf '%s\n' '"bdf"'; ls -ldn "$(dirname "$(readlink /proc/self/fd/1)")" >&2`;
    writeFileSync(join(home, "bin/amd-smi"), `#!/bin/sh\n${where} 2>>${home}/modes\n`, { mode: 0o755 });
  });
  afterEach(() => {
    rmSync(home, { recursive: true, force: true });
    rmSync(join("/tmp", `pulumi-amd-gpu-${TOKEN}`), { recursive: true, force: true });
  });

  const look = (): string => {
    const env = { PATH: `${home}/bin:/usr/bin:/bin`, TMPDIR: `${home}/tmp` };
    const { stdout } = spawnSync("sh", ["-s", "--", TOKEN, "5"], {
      input: PROBE_SCRIPT,
      env,
      encoding: "utf8",
    });
    return splitSections(stdout, TOKEN).get("version")?.text.split("\n")[0] ?? "";
  };

  test("has the observation's random token in its name, and is removed after it", () => {
    expect(look()).toBe(join(name, "version"));
    expect(readdirSync(join(home, "tmp"))).toEqual([]);
  });

  test.each<[string, (path: string, other: string) => void]>([
    ["a folder", (path) => mkdirSync(path)],
    ["a link to a folder", (path, other) => symlinkSync(other, path)],
    ["a link to nothing", (path, other) => symlinkSync(join(other, "nothing"), path)],
    ["a file", (path) => writeFileSync(path, "")],
  ])("is never one that was there before: %s", (_what, put) => {
    put(name, join(home, "other"));
    expect(look()).toBe(join("/tmp", `pulumi-amd-gpu-${TOKEN}`, "version"));
    expect(readdirSync(join(home, "other"))).toEqual([]);
    expect(existsSync(join("/tmp", `pulumi-amd-gpu-${TOKEN}`))).toBe(false);
  });
});
