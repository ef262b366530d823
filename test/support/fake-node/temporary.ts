import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const live = new Set<string>();

/** A directory that is gone with this process at the latest. */
export function temporaryDirectory(prefix: string): string {
  if (live.size === 0) process.once("exit", () => live.forEach(remove));
  const path = mkdtempSync(join(tmpdir(), prefix));
  live.add(path);
  return path;
}

export function removeTemporary(path: string): void {
  remove(path);
  live.delete(path);
}

/** The host's namespace has /etc, /opt and more mounted below its directory. Here they must not be: rm would follow. */
function remove(path: string): void {
  if (readFileSync("/proc/self/mountinfo", "utf8").includes(` ${path}/`)) {
    throw new Error(`something is mounted below ${path}; it is left as it is`);
  }
  rmSync(path, { recursive: true, force: true });
}

let devices: string | undefined;

/** One for all hosts of this process: their device nodes are hard links into it. */
export function deviceTemplates(): string {
  devices ??= temporaryDirectory("fake-node-devices-");
  return devices;
}
