import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Runs `work` while holding an exclusive flock on the file. The lock is held by a child that waits for the end of its
 * stdin, so it is given back whatever becomes of this process.
 */
export async function withLock<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  const process = spawn("flock", [path, "sh", "-c", "echo; read -r _"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(process, "exit");
  const [first] = (await Promise.race([once(process.stdout, "data"), ended])) as readonly unknown[];
  if (!(first instanceof Uint8Array)) throw new Error(`flock ${path} ended with ${String(first)}`);
  try {
    return await work();
  } finally {
    process.stdin.end();
    await ended;
  }
}
