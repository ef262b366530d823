import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { OPERATOR } from "./accounts.ts";
import { devicesOf } from "./devices.ts";
import type { Home } from "./home.ts";
import { type GpuProcess, type NodeState, opens } from "./state.ts";
import { readState } from "./store.ts";

/** A process to come: its pid is the host's to give. */
export type NewProcess = Omit<GpuProcess, "pid" | "backing">;

/** Linux: opens the name and asks no driver, which these device nodes do not have. */
const O_PATH = 0o10000000;

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
  const processes = after.processes.map((process) =>
    known.has(process.pid)
      ? process
      : { ...process, pid: startHere(home, after, process), backing: "real" as const },
  );
  return { ...after, processes };
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it ended by itself
  }
}

/** On the host itself, as root: the process, with its device files open, under its user and in its cgroup. */
export function startHere(home: Home, state: NodeState, process: NewProcess): number {
  const files = filesOf(state, process).map((path) => openSync(path, O_PATH));
  const owner = process.user === "ops" ? { uid: OPERATOR.uid, gid: OPERATOR.uid } : {};
  const child = spawn(programCalled(home, process.name), ["infinity"], {
    detached: true,
    stdio: ["ignore", "ignore", "ignore", ...files],
    ...owner,
  });
  child.unref();
  for (const file of files) closeSync(file);
  const pid = child.pid ?? 0;
  if (process.cgroup !== undefined) {
    const path = join(home.programs, `${pid}.cgroup`);
    writeFileSync(path, `0::${process.cgroup}\n`);
    execFileSync("mount", ["--bind", path, `/proc/${pid}/cgroup`]);
  }
  return pid;
}

function filesOf(state: NodeState, process: NewProcess): readonly string[] {
  const whole = { pid: 0, ...process };
  const devices = devicesOf(state).filter((device) => device.gpu === process.gpu);
  return [
    ...(opens(whole, "kfd") ? ["kfd"] : []),
    ...(opens(whole, "card") ? devices.slice(0, 1).map((device) => `dri/card${device.card}`) : []),
    ...(opens(whole, "render") ? devices.map((device) => `dri/renderD${device.renderMinor}`) : []),
    ...(opens(whole, "display") ? ["dri/card0"] : []),
  ].map((name) => `/dev/${name}`);
}

/** From outside: starts these processes in the namespace of the host; returns their pids there. */
export function startThere(
  home: Home,
  namespacePid: number,
  processes: readonly NewProcess[],
): readonly number[] {
  const main = join(home.code, "main.js");
  const pids = enter(namespacePid, [home.node, main, home.path, "hold", JSON.stringify(processes)]);
  return JSON.parse(pids) as readonly number[];
}

/** The other end of it, on the host. */
export const holdHere = (home: Home, processes: string): readonly number[] =>
  (JSON.parse(processes) as readonly NewProcess[]).map((process) =>
    startHere(home, readState(home), process),
  );

export const endThere = (namespacePid: number, pids: readonly number[]): void => {
  enter(namespacePid, ["kill", "-KILL", ...pids.map(String)]);
};

/** From outside: runs a program in the namespaces of the host. */
export const enter = (namespacePid: number, argv: readonly string[]): string =>
  execFileSync("nsenter", ["--target", String(namespacePid), "--mount", "--pid", "--", ...argv], {
    encoding: "utf8",
  });
