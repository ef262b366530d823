import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";

import type { Executor } from "./executor.ts";
import { executorOver } from "./process-executor.ts";
import type { ProcessEnd, RunningProcess } from "./running-process.ts";
import { EXEC_LINE } from "./shell/shell-text.ts";
import { codeOfSignal } from "./signal-number.ts";

/** Milliseconds a process gets between the request to end and its end by force. */
const GRACE_MS = 5000;

/** What a login over SSH would have, too. The rest of our environment is the engine's: it carries credentials. */
const KEPT_ENVIRONMENT: ReadonlySet<string> = new Set([
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "TZ",
]);

/** Starting sh takes milliseconds; a machine that has no process to spare answers late. */
const START_MS = 15_000;

/** Commands on the machine this process runs on, by the same sh as over SSH. */
export function localExecutor(): Executor {
  return executorOver({
    target: "this machine",
    startMs: START_MS,
    connect: () => Promise.resolve(),
    start: startHere,
    close: () => Promise.resolve(),
  });
}

async function startHere(): Promise<RunningProcess> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => KEPT_ENVIRONMENT.has(name)));
  // A process group of its own, so that what the program starts can be ended with it.
  const child = spawn(EXEC_LINE, [], { detached: true, stdio: "pipe", env });
  // It may well end without reading its stdin.
  child.stdin.on("error", () => {});
  const ended = endOf(child);
  await once(child, "spawn");
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    abandon: () => endGroup(child),
  };
}

function endOf(child: ChildProcessWithoutNullStreams): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once("close", (code, signal) => {
      resolve({ kind: "exited", code: code ?? codeOfSignal(signal ?? "") });
    });
  });
}

function endGroup(child: ChildProcessWithoutNullStreams): void {
  signalGroup(child, "SIGTERM");
  const timer = setTimeout(() => signalGroup(child, "SIGKILL"), GRACE_MS).unref();
  child.once("close", () => clearTimeout(timer));
}

function signalGroup(child: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It ended by itself, or it is root's and not ours to end.
  }
}
