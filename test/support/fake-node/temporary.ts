import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const live = new Set<string>();
let watching = false;

/** A directory that is gone with this process at the latest. */
export function temporaryDirectory(prefix: string): string {
  if (!watching) process.once("exit", removeAll);
  watching = true;
  const path = mkdtempSync(join(tmpdir(), prefix));
  live.add(path);
  return path;
}

export function removeTemporary(path: string): void {
  remove(path);
  live.delete(path);
  // A test runner may kill its workers, so the last host does not leave the templates to the end of the process.
  if (live.size === 1 && devices !== undefined) removeAll();
}

function removeAll(): void {
  for (const path of live) remove(path);
  live.clear();
  devices = undefined;
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
