import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import type { Home } from "./home.ts";
import type { NodeState } from "./state.ts";

/**
 * A process that holds a GPU is a real one, `sleep` under its name, where nothing else was asked for: then
 * /proc/<pid>/comm says the same as amd-smi, and tools that look at processes find it.
 */
function programCalled(home: Home, name: string): string {
  const path = join(home.programs, name);
  mkdirSync(home.programs, { recursive: true });
  try {
    symlinkSync("/bin/sleep", path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return path;
}

/** On the host itself: processes of services that were started get a real one, those of stopped ones end. */
export function backServices(home: Home, before: NodeState, after: NodeState): NodeState {
  const known = new Set(before.processes.map((process) => process.pid));
  const left = new Set(after.processes.map((process) => process.pid));
  for (const process of before.processes) {
    if (process.backing === "real" && !left.has(process.pid)) end(process.pid);
  }
  if (after.processes.every((process) => known.has(process.pid))) return after;
  const processes = after.processes.map((process) => {
    if (known.has(process.pid)) return process;
    const child = spawn(programCalled(home, process.name), ["infinity"], { detached: true, stdio: "ignore" });
    child.unref();
    return { ...process, pid: child.pid ?? process.pid, backing: "real" as const };
  });
  return { ...after, processes };
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it ended by itself
  }
}

/** From outside: starts processes of these names in the namespace of the host; returns their pids there. */
export function startThere(home: Home, namespacePid: number, names: readonly string[]): readonly number[] {
  const paths = names.map((name) => programCalled(home, name));
  const script = 'for program; do "$program" infinity >/dev/null 2>&1 </dev/null & echo $!; done';
  return enter(namespacePid, ["sh", "-c", script, "start", ...paths])
    .trim()
    .split("\n")
    .map(Number);
}

export const endThere = (namespacePid: number, pids: readonly number[]): void => {
  enter(namespacePid, ["kill", "-KILL", ...pids.map(String)]);
};

const enter = (namespacePid: number, argv: readonly string[]): string =>
  execFileSync("nsenter", ["--target", String(namespacePid), "--mount", "--pid", "--", ...argv], {
    encoding: "utf8",
  });
