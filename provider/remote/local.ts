import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable, Writable } from "node:stream";

import type { Executor } from "./executor.ts";
import { executorOver } from "./process-executor.ts";
import type { ProcessEnd, RunningProcess } from "./running-process.ts";
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

/** Commands on the machine this process runs on. No shell is between us and an argv. */
export function localExecutor(): Executor {
  return executorOver({ target: "this machine", start: startHere, close: () => Promise.resolve() });
}

async function startHere(argv: readonly string[]): Promise<RunningProcess> {
  const [program = "", ...args] = argv;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => KEPT_ENVIRONMENT.has(name)));
  // A process group of its own, so that what the program starts can be ended with it.
  const child = spawn(program, args, { detached: true, stdio: "pipe", env });
  // A program may well end without reading its stdin.
  child.stdin.on("error", () => {});
  const ended = endOf(child);
  try {
    await once(child, "spawn");
  } catch (error) {
    return notStarted(program, error);
  }
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

/** Says it as a shell would, so that "no such program" is the same result here and over SSH. */
function notStarted(program: string, error: unknown): RunningProcess {
  const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
  const stderr = Readable.from([Buffer.from(`${program}: ${missing ? "not found" : String(error)}\n`)]);
  const end: ProcessEnd = { kind: "exited", code: missing ? 127 : 126 };
  return {
    stdin: new Writable({ write: (_chunk, _encoding, done) => done() }),
    stdout: Readable.from([]),
    stderr,
    ended: once(stderr, "end").then(() => end),
    abandon: () => {},
  };
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
