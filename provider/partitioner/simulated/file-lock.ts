import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { type Bound, isOver, pause } from "../../bound.ts";

const RETRY_MS = 20;

/** Who clears away an orphan does it in milliseconds; a sweeper's mark older than this is an orphan itself. */
const SWEEP_MS = 10_000;

/**
 * Runs `work` while no other process has `path`'s lock. The lock is a file that carries its owner's pid; one whose owner
 * is gone counts for nothing.
 *
 * @param bound of the wait too, not of the work. @default none
 * @returns undefined when the lock was not free in time; `work` did not run.
 */
export async function withFileLock<T>(
  path: string,
  waitMs: number,
  work: () => Promise<T>,
  bound: Bound = {},
): Promise<{ readonly value: T } | undefined> {
  await mkdir(dirname(path), { recursive: true });
  const until = Date.now() + waitMs;
  while (!(await take(path))) {
    bound.signal?.throwIfAborted();
    if (Date.now() > until || isOver(bound)) return undefined;
    await pause(RETRY_MS, bound);
  }
  try {
    return { value: await work() };
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  if (await create(path)) return true;
  if (await isOrphan(path)) await sweep(path);
  return false;
}

/** The name and what is in it come into being at once: a lock without an owner's pid never exists. */
async function create(path: string): Promise<boolean> {
  const own = `${path}.${randomUUID()}`;
  await writeFile(own, String(process.pid), { mode: 0o600 });
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/**
 * Removes an orphan, one sweeper at a time: of two that have seen the same orphan, the slower one would otherwise remove the
 * lock that somebody has taken since.
 */
async function sweep(path: string): Promise<void> {
  const mark = `${path}.sweep`;
  if (await create(mark)) {
    try {
      if (await isOrphan(path)) await rm(path, { force: true });
    } finally {
      await rm(mark, { force: true });
    }
  } else if ((await ageOf(mark)) > SWEEP_MS && (await isOrphan(mark))) {
    await rm(mark, { force: true });
  }
}

async function isOrphan(path: string): Promise<boolean> {
  try {
    return !isAlive(Number(await readFile(path, "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function ageOf(path: string): Promise<number> {
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch {
    return 0;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
