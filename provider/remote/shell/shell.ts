import { ConnectionLostError, LoginShellError, OutputTooLargeError } from "../../errors.ts";
import { type Limit, limitedBy } from "../limit.ts";
import type { ProcessEnd, RunningProcess } from "../running-process.ts";
import { type Answer, BEFORE_LIMIT_BYTES, readAnswer } from "./answer.ts";
import type { Marks } from "./marks.ts";
import { greeting } from "./shell-text.ts";

/**
 * A shell on a machine: sh, started by the login shell there and ready for one text. The protocol needs nothing of its carrier
 * but the three streams of a process, so that any other way to start `sh` on a host can carry it too.
 */
export interface Shell {
  readonly process: RunningProcess;
  readonly target: string;
  /** What it is started for, for messages. */
  readonly what: string;
  readonly stdout: Answer;
  readonly stderr: Answer;
}

export interface ShellOptions {
  readonly target: string;
  readonly what: string;
  readonly marks: Marks;
  /** Milliseconds for the login shell to start sh. */
  readonly startMs: number;
  readonly outputLimitBytes: number;
  /** The limit of the command, which ends this wait too. */
  readonly limit: Limit;
}

/** Waits until sh has answered with our mark. What came before it was said by others. @throws LoginShellError */
export async function openShell(process: RunningProcess, options: ShellOptions): Promise<Shell> {
  const { target, what, marks, startMs, outputLimitBytes, limit } = options;
  const stdout = readAnswer(process.stdout, marks, outputLimitBytes);
  const stderr = readAnswer(process.stderr, marks, outputLimitBytes);
  for (const stream of [process.stdout, process.stderr])
    stream.on("data", (piece: Buffer) => process.received?.(piece.length));
  const shell: Shell = { process, target, what, stdout, stderr };
  const failed = (problem: string): LoginShellError =>
    new LoginShellError(target, problem, `${stdout.before().trim()}\n${stderr.before().trim()}`);
  const slow = limitedBy(limit, {
    ms: startMs,
    error: (ms) => failed(`did not start sh within ${ms / 1000} s`),
  });
  process.stdin.write(greeting(marks));
  try {
    const first = await Promise.race([
      stdout.begun.then(() => "begun" as const),
      process.ended,
      overflowOf(shell),
      slow.reached,
    ]);
    if (first === "begun") return shell;
    if (first === "overflow")
      throw failed(`printed more than ${BEFORE_LIMIT_BYTES / 1024 ** 2} MiB before it started sh`);
    throw failedToStart(shell, first, failed);
  } catch (error) {
    process.abandon();
    throw error;
  } finally {
    slow.lift();
  }
}

function failedToStart(
  { target, what }: Shell,
  end: ProcessEnd,
  failed: (problem: string) => LoginShellError,
): Error {
  if (end.kind === "exited") return failed(`ended with status ${end.code} before it started sh`);
  return end.by === "server"
    ? failed("ended without an exit status before it started sh")
    : new ConnectionLostError(target, what, { state: "not-begun", reason: end.reason });
}

export const overflowOf = ({ stdout, stderr }: Shell): Promise<"overflow"> =>
  Promise.race([stdout.overflow, stderr.overflow]).then(() => "overflow" as const);

export const tooLarge = ({ target, what }: Shell, limitBytes: number): OutputTooLargeError =>
  new OutputTooLargeError(target, what, limitBytes);

/**
 * The exit status: what sh says of it, else that of the process. A login shell or a forced command may end as it likes.
 *
 * @throws ConnectionLostError when nobody knows it
 */
export function exitCode(said: string | undefined, end: ProcessEnd, { target, what }: Shell): number {
  if (said !== undefined && /^\d{1,3}$/.test(said)) return Number(said);
  if (end.kind === "lost")
    throw new ConnectionLostError(target, what, {
      state: end.by === "server" ? "ended" : "running",
      reason: end.reason,
    });
  // sh was ended before it could say how; without a status to tell it, what the command did is unknown.
  if (end.code === 0) throw new ConnectionLostError(target, what);
  return end.code;
}
