import { CommandEndedError } from "../../errors.ts";
import type { HeldCommand } from "../executor.ts";
import { type Limit, limitedBy } from "../limit.ts";
import { sayingOf } from "./run-to-end.ts";
import { exitCode, overflowOf, type Shell, tooLarge } from "./shell.ts";

/** A command whose stdin was closed has nothing left to do; one that goes on is given up. */
const RELEASE_MS = 5000;

/** Feeds `text` to the shell and leaves its stdin open. `limit` is for the first line. */
export function holdOpen(
  shell: Shell,
  text: string,
  options: { readonly limit: Limit; readonly outputLimitBytes: number },
): HeldCommand {
  const { process, stdout } = shell;
  const ended = Promise.race([process.ended, stdout.ended]).then(() => undefined);
  const ready = firstLine(shell, options);
  // A caller may await `ready` later, or only `ended`.
  ready.catch(() => {});
  process.stdin.write(text);
  const release = async (): Promise<void> => {
    process.stdin.end();
    const limit = limitedBy({}, { ms: RELEASE_MS, error: () => new Error("not released in time") });
    // What does not end by itself is given up, and then not waited for either.
    await Promise.race([process.ended, limit.reached]).catch(() => process.abandon());
    limit.lift();
  };
  return { ready, release, ended };
}

async function firstLine(
  shell: Shell,
  { limit, outputLimitBytes }: { readonly limit: Limit; readonly outputLimitBytes: number },
): Promise<string> {
  const { process, target, what, stdout, stderr } = shell;
  const endedFirst = async (): Promise<never> => {
    const end = await process.ended;
    throw new CommandEndedError(target, what, exitCode(await sayingOf(shell), end, shell), stderr.text());
  };
  try {
    const line = stdout.firstLine.then((text) => ({ text }));
    const first = await Promise.race([line, overflowOf(shell), endedFirst(), limit.reached]);
    if (first === "overflow") throw tooLarge(shell, outputLimitBytes);
    return first.text;
  } catch (error) {
    process.abandon();
    throw error;
  } finally {
    limit.lift();
  }
}
