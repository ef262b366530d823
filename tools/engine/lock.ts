import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

import { isGone } from "./processes.ts";
import type { Log } from "./progress.ts";

const heartbeatMs = 2000;
const abandonedAfterMs = 30_000;

/** Left by a process that died, as far as can be seen from here. */
const isAbandoned = async (file: string): Promise<boolean> => {
  try {
    const [owner, { mtimeMs }] = await Promise.all([readFile(file, "utf8"), stat(file)]);
    if (Date.now() - mtimeMs > abandonedAfterMs) return true;
    const [host, pid] = owner.split(" ");
    return host === hostname() && isGone(Number(pid));
  } catch {
    return false; // Released just now.
  }
};

const tryTake = async (file: string): Promise<boolean> => {
  try {
    const handle = await open(file, "wx");
    await handle.writeFile(`${hostname()} ${process.pid}`);
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
};

/**
 * Lets one process at a time do the work; others wait. It saves work and nothing else depends on it: engines are made in
 * folders of their own and put in place by one rename. So the short moment in which two waiting processes can both
 * take over an abandoned lock costs a second build, never a broken engine.
 */
export const withLock = async <Result>(
  file: string,
  { log, signal }: { readonly log: Log; readonly signal?: AbortSignal | undefined },
  work: () => Promise<Result>,
): Promise<Result> => {
  let told = false;
  while (!(await tryTake(file))) {
    if (await isAbandoned(file)) {
      const aside = `${file}.${randomUUID()}`;
      await rename(file, aside).catch(() => undefined); // Another waiting process was quicker.
      await rm(aside, { force: true });
      continue;
    }
    if (!told) log(`Pulumi engine: another process is getting it; waiting for ${file}`);
    told = true;
    await sleep(250, undefined, { signal });
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined); // Taken over after a long suspend; see above.
  }, heartbeatMs);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(file, { force: true });
  }
};
