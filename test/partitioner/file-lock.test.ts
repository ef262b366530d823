import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { withFileLock } from "../../provider/partitioner/simulated/file-lock.ts";

/** The pid of a process that has just ended. */
const deadPid = (): string => String(spawnSync("true").pid);

describe("a lock that is a file", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "file-lock-"));
    path = join(folder, "deep", "host.lock");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs so many contenders, and returns how many of them worked at the same time at most. */
  async function contend(contenders: number): Promise<number> {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside++;
      most = Math.max(most, inside);
      await sleep(2);
      inside--;
    };
    await Promise.all(Array.from({ length: contenders }, () => withFileLock(path, 20_000, work)));
    return most;
  }

  test("lets one contender work at a time, and leaves nothing behind", async () => {
    expect(await contend(20)).toBe(1);
    expect(readdirSync(join(folder, "deep"))).toEqual([]);
  });

  test("hands out what the work returns, and is free after work that failed", async () => {
    expect(await withFileLock(path, 0, async () => 7)).toEqual({ value: 7 });
    const failing = withFileLock(path, 0, () => Promise.reject(new Error("x")));
    await expect(failing).rejects.toThrow("x");
    expect(existsSync(path)).toBe(false);
  });

  test("is waited for as long as said; the work then does not run", async () => {
    await withFileLock(path, 0, async () => {
      let ran = "no";
      expect(await withFileLock(path, 100, async () => (ran = "yes"))).toBeUndefined();
      expect(ran).toBe("no");
    });
  });

  test("counts for nothing when its owner is gone, and one contender at a time takes it over", async () => {
    await withFileLock(path, 0, async () => undefined);
    for (let round = 0; round < 10; round++) {
      writeFileSync(path, deadPid());
      expect(await contend(8)).toBe(1);
    }
  });

  test("is not taken from a process that lives, whose pid it has", async () => {
    await withFileLock(path, 0, async () => undefined);
    writeFileSync(path, String(process.ppid));
    expect(await withFileLock(path, 50, async () => undefined)).toBeUndefined();
    expect(existsSync(path)).toBe(true);
  });

  test("is taken over although the one who was clearing it away died over that", async () => {
    await withFileLock(path, 0, async () => undefined);
    writeFileSync(path, deadPid());
    writeFileSync(`${path}.sweep`, deadPid());
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(`${path}.sweep`, longAgo, longAgo);
    expect(await contend(3)).toBe(1);
    expect(readdirSync(join(folder, "deep"))).toEqual([]);
  });
});
