import type { CommandResult } from "../executor.ts";
import { type Limit, limitedBy } from "../limit.ts";
import type { ProcessEnd } from "../running-process.ts";
import { exitCode, overflowOf, type Shell, tooLarge } from "./shell.ts";

/** What a login shell or a forced command may still do after our command has ended; then it is given up. */
const LEAVING_MS = 2000;

/** Feeds `text` to the shell, closes its stdin, and waits for the end. Does not wait for a process that it gave up. */
export async function runToEnd(
  shell: Shell,
  text: string,
  options: { readonly limit: Limit; readonly outputLimitBytes: number },
): Promise<CommandResult> {
  const { process, stdout, stderr } = shell;
  const { limit, outputLimitBytes } = options;
  process.stdin.end(text);
  try {
    const said = stdout.ended.then((status) => ({ kind: "said" as const, status }));
    const first = await Promise.race([said, process.ended, overflowOf(shell), limit.reached]);
    if (first === "overflow") throw tooLarge(shell, outputLimitBytes);
    const end = first.kind === "said" ? await leaving(shell, limit) : first;
    // The mark may have come with the end.
    const status = first.kind === "said" ? first.status : await sayingOf(shell);
    return { stdout: stdout.text(), stderr: stderr.text(), code: exitCode(status, end, shell) };
  } catch (error) {
    process.abandon();
    throw error;
  } finally {
    limit.lift();
  }
}

/** The process, when it has ended too; something that goes on after our command is not waited for for long. */
async function leaving({ process }: Shell, outer: Limit): Promise<ProcessEnd> {
  const limit = limitedBy(outer, { ms: LEAVING_MS, error: () => new Error("it goes on") });
  try {
    return await Promise.race([process.ended, limit.reached]);
  } catch {
    process.abandon();
    return { kind: "lost", by: "server" };
  } finally {
    limit.lift();
  }
}

export const sayingOf = ({ stdout }: Shell): Promise<string | undefined> =>
  Promise.race([stdout.ended, Promise.resolve(undefined)]);
