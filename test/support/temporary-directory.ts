import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let root: string | undefined;

/** A new directory that is gone soon after this process, whatever ends it. Readable by all, as accounts of a test host need. */
export function temporaryDirectory(name: string): string {
  root ??= guardedRoot();
  const directory = mkdtempSync(join(root, `${name}-`));
  chmodSync(directory, 0o755);
  return directory;
}

/** A process killed cleans nothing up, and test runners kill: so another one waits for its end, at a pipe that it holds. */
function guardedRoot(): string {
  const directory = mkdtempSync(join(tmpdir(), "amd-gpu-test-"));
  chmodSync(directory, 0o755);
  const script = 'cat >/dev/null; rm -rf "$1"';
  const guard = spawn("sh", ["-c", script, "remove-later", directory], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.unref();
  // The pipe is a socket to Node, which the types do not say.
  (guard.stdin as typeof guard.stdin & { unref(): void }).unref();
  return directory;
}
