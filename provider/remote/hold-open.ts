import { CommandEndedError, CommandTimeoutError } from "../errors.ts";
import type { HeldCommand, RunOptions } from "./executor.ts";
import { limitedBy } from "./limit.ts";
import { exitCode, type Run } from "./run-to-end.ts";

/** Neither the line we wait for nor what is quoted in an error is longer than this. */
const KEPT_CHARACTERS = 8192;

/**
 * Feeds `stdin` to the process and leaves it open. The time limit and the signal of `options` are for the first line;
 * after it the command runs as long as it likes. The same time is given once more when the command is released.
 */
export function holdOpen(run: Run, stdin: string, options: RunOptions): HeldCommand {
  const { process } = run;
  const ended = process.ended.then(() => undefined);
  const ready = firstLine(run, options);
  // A caller may look at `ready` later, or only at `ended`.
  ready.catch(() => {});
  process.stdin.write(stdin);
  const release = async (): Promise<void> => {
    process.stdin.end();
    const limit = limitedBy(undefined, {
      ms: options.timeoutMs,
      error: () => new Error("not released in time"),
    });
    // What does not end by itself is given up, and then not waited for either.
    await Promise.race([ended, limit.reached]).catch(() => process.abandon());
    limit.lift();
  };
  return { ready, release, ended };
}

async function firstLine(run: Run, options: RunOptions): Promise<string> {
  const { process, target, what } = run;
  const { timeoutMs, signal } = options;
  const limit = limitedBy(signal, {
    ms: timeoutMs,
    error: () => new CommandTimeoutError(target, what, timeoutMs),
  });
  let stderr = "";
  process.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(0, KEPT_CHARACTERS);
  });
  const endedFirst = async (): Promise<never> => {
    throw new CommandEndedError(target, what, exitCode(await process.ended, run), stderr);
  };
  try {
    return await Promise.race([lineOf(run), endedFirst(), limit.reached]);
  } catch (error) {
    process.abandon();
    throw error;
  } finally {
    limit.lift();
  }
}

function lineOf({ process }: Run): Promise<string> {
  let text = "";
  return new Promise((resolve) => {
    // Stays when the line is there: a command must not stand still because nobody reads what it says.
    process.stdout.setEncoding("utf8").on("data", (more: string) => {
      text = (text + more).slice(0, KEPT_CHARACTERS);
      const end = text.indexOf("\n");
      if (end !== -1) resolve(text.slice(0, end));
    });
  });
}
