import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Runs `work` while holding an exclusive flock on the file. The lock is held by a child that waits for the end of its
 * stdin, so it is given back whatever becomes of this process.
 */
export async function withLock<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  const holder = spawn("flock", [path, "sh", "-c", "echo; read -r _"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(holder, "exit");
  const [first] = (await Promise.race([once(holder.stdout, "data"), ended])) as readonly unknown[];
  if (!(first instanceof Uint8Array)) throw new Error(`flock ${path} ended with ${String(first)}`);
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
