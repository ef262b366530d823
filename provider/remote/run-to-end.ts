import { CommandTimeoutError, ConnectionLostError, OutputTooLargeError } from "../errors.ts";
import type { CommandResult, RunOptions } from "./executor.ts";
import { limitedBy } from "./limit.ts";
import { collectOutput } from "./output.ts";
import type { ProcessEnd, RunningProcess } from "./running-process.ts";

/** No command of ours says more than a few hundred kilobytes; a runaway one must not fill our memory. */
const OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024;

/** A process under way, with what its errors need to say. */
export interface Run {
  readonly process: RunningProcess;
  readonly target: string;
  readonly what: string;
}

/** Feeds `stdin` to the process, closes it, and waits for the end. Does not wait for a process that it gave up. */
export async function runToEnd(run: Run, stdin: string, options: RunOptions): Promise<CommandResult> {
  const { process, target, what } = run;
  const { timeoutMs, signal } = options;
  const limit = limitedBy(signal, {
    ms: timeoutMs,
    error: () => new CommandTimeoutError(target, what, timeoutMs),
  });
  const stdout = collectOutput(process.stdout, OUTPUT_LIMIT_BYTES);
  const stderr = collectOutput(process.stderr, OUTPUT_LIMIT_BYTES);
  process.stdin.end(stdin);
  try {
    const end = await Promise.race([process.ended, stdout.overflow, stderr.overflow, limit.reached]);
    if (end === undefined) throw new OutputTooLargeError(target, what, OUTPUT_LIMIT_BYTES);
    return { stdout: stdout.text(), stderr: stderr.text(), code: exitCode(end, run) };
  } catch (error) {
    process.abandon();
    throw error;
  } finally {
    limit.lift();
  }
}

/** Throws when nobody knows the exit code. */
export function exitCode(end: ProcessEnd, { target, what }: Run): number {
  if (end.kind === "lost") throw new ConnectionLostError(target, what, { cause: end.cause });
  return end.code;
}
