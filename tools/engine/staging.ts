import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

import { isGone } from "./processes.ts";

const prefix = "unfinished";

/** Removes what processes of this machine left that were killed in the middle. */
const sweep = async (cache: string): Promise<void> => {
  for (const name of await readdir(cache)) {
    const [kind, host, pid] = name.split("@");
    if (kind === prefix && host === hostname() && isGone(Number(pid))) {
      await rm(join(cache, name), { recursive: true, force: true });
    }
  }
};

/** Makes an engine in a folder beside its final place: whatever has the final name was finished and checked. */
export const stage = async <Result>(
  cache: string,
  work: (folder: string) => Promise<Result>,
): Promise<Result> => {
  await mkdir(cache, { recursive: true });
  await sweep(cache);
  const folder = join(cache, [prefix, hostname(), process.pid, randomUUID()].join("@"));
  await mkdir(join(folder, "bin"), { recursive: true });
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Gives a finished folder its final name. Keeps the one that is there if another process was quicker. */
export const publish = async (folder: string, place: string): Promise<void> => {
  try {
    await rename(folder, place);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
};
