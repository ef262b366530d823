import { CommanderError } from "commander";

import type { ExitStatus } from "./answer.ts";
import { createProgram, type Work } from "./program.ts";
import type { Terminal } from "./terminal.ts";

/** 2: the command line is wrong. */
export type Status = ExitStatus | 2;

/** Runs one command line. Never throws: what went wrong is one sentence on standard error, and the status. */
export async function runCommand(
  args: readonly string[],
  version: string,
  terminal: Terminal,
): Promise<Status> {
  let chosen: { readonly work: Work; readonly form: "json" | "text" } | undefined;
  const begin = (work: Work, form: "json" | "text"): void => {
    chosen = { work, form };
  };
  try {
    if (args.length === 0) throw new CommanderError(2, "no-command", "give a command; --help lists them");
    createProgram({ version, terminal, begin }).parse(args, { from: "user" });
    if (!chosen) return 0;
    const answer = await chosen.work(terminal);
    const { jsonText } = await import("./json-text.ts");
    const { renderLines } = await import("./text/line.ts");
    terminal.write(
      chosen.form === "json"
        ? jsonText(answer.json)
        : (answer.document ?? renderLines(answer.lines, terminal.colours)),
    );
    return answer.status;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const { sentenceOf, statusOf } = await import("./failure.ts");
    terminal.complain(sentenceOf(error));
    return statusOf(error);
  }
}
