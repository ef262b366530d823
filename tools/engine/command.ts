import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";

import type { Environment } from "./places.ts";

export interface CommandOptions {
  readonly env: Environment;
  readonly cwd?: string;
  /** Text for standard input; without it the program reads end-of-file. */
  readonly input?: string;
  /** After this many milliseconds the program and all it started are killed. */
  readonly timeoutMs: number;
  /** Kills the program and all it started. */
  readonly signal?: AbortSignal | undefined;
  /** Called with every piece of output as it comes. */
  readonly onOutput?: (text: string) => void;
}

export interface CommandResult {
  /** Undefined when the program was killed. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, in the order in which they came. */
  readonly output: string;
  readonly ending: "exited" | "killed" | "timed out";
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const running = new Set<Child>();

const killGroup = (child: Child, signal: NodeJS.Signals): void => {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone: that is what was wanted.
  }
};

// Whoever ends this process with process.exit() must not leave compilers or downloads behind.
process.on("exit", () => {
  for (const child of running) killGroup(child, "SIGKILL");
});

/**
 * Runs a program to its end and collects what it prints; a non-zero exit code is a result. Rejects only when it cannot be
 * started. It gets a process group of its own, so that a timeout reaches its children too.
 */
export const runCommand = async (
  argv: readonly [string, ...string[]],
  options: CommandOptions,
): Promise<CommandResult> =>
  new Promise((resolve, reject) => {
    options.signal?.throwIfAborted();
    const [program, ...args] = argv;
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...options.env },
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    running.add(child);

    let ending: CommandResult["ending"] = "exited";
    const end = (how: "killed" | "timed out") => (): void => {
      ending = how;
      killGroup(child, "SIGKILL");
    };
    const timer = setTimeout(end("timed out"), options.timeoutMs);
    const abort = end("killed");
    options.signal?.addEventListener("abort", abort, { once: true });
    const settle = (): void => {
      running.delete(child);
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", abort);
    };

    const text = { stdout: "", stderr: "", output: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (piece: string) => {
        text[name] += piece;
        text.output += piece;
        options.onOutput?.(piece);
      });
    }
    child.stdin.on("error", () => {
      // The program ended without reading its input: its exit code tells whether that is a failure.
    });
    child.stdin.end(options.input ?? "");
    child.on("error", (error) => {
      settle();
      reject(error);
    });
    child.on("close", (code, killedBy) => {
      settle();
      if (killedBy !== null && ending === "exited") ending = "killed";
      resolve({ ...text, code: code ?? undefined, ending });
    });
  });
