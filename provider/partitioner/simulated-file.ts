import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";

import { type SimulatedHostState, simulatedHostSchema } from "../schema/simulated-host.ts";

/** The file of a simulated host exists and is not one. */
export class SimulatedHostError extends Error {
  override readonly name = "SimulatedHostError";
}

/** @returns undefined when there is no such file yet. */
export async function readSimulatedHost(path: string): Promise<SimulatedHostState | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new SimulatedHostError(`cannot read the simulated host ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SimulatedHostError(`the simulated host ${path} is not JSON; repair or remove it`, { cause });
  }
  const parsed = simulatedHostSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new SimulatedHostError(
    `the simulated host ${path} is wrong at ${issue?.path.join(".")}: ${issue?.message}`,
  );
}

/** Complete or not at all: a temporary file takes the name. */
export async function writeSimulatedHost(path: string, state: SimulatedHostState): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(state, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

const RETRY_MS = 20;

/**
 * Runs `work` while no other process has `path`'s lock. The lock is a file that carries its owner's pid; one whose owner
 * is gone counts for nothing.
 *
 * @returns undefined when the lock was not free within `waitMs`; `work` did not run.
 */
export async function withFileLock<T>(
  path: string,
  waitMs: number,
  work: () => Promise<T>,
): Promise<{ readonly value: T } | undefined> {
  await mkdir(dirname(path), { recursive: true });
  const until = Date.now() + waitMs;
  while (!(await take(path))) {
    if (Date.now() > until) return undefined;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  try {
    return { value: await work() };
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, "wx", 0o600);
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    await removeIfOrphaned(path);
    return false;
  }
}

async function removeIfOrphaned(path: string): Promise<void> {
  try {
    const pid = Number(await readFile(path, "utf8"));
    // Between its creation and its pid a lock is empty for a moment; an old empty one belongs to nobody.
    const empty = !Number.isInteger(pid) || pid <= 0;
    if (empty ? Date.now() - (await stat(path)).mtimeMs > 1000 : !isAlive(pid))
      await rm(path, { force: true });
  } catch {
    // It went away by itself.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
