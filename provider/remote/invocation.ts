import type { Command } from "./executor.ts";

/** A command as a process is started with: what goes on its command line, and what on its stdin. */
export interface Invocation {
  readonly argv: readonly string[];
  readonly stdin: string;
  /** For messages: "amd-smi static --json" or "a script". */
  readonly what: string;
}

const LONGEST_WHAT = 120;

export function invocationOf(command: Command): Invocation {
  if ("argv" in command) {
    if (command.argv.length === 0) throw new TypeError("a command needs at least the name of a program");
    return { argv: command.argv, stdin: command.stdin ?? "", what: shortened(command.argv.join(" ")) };
  }
  const args = command.args ?? [];
  return {
    argv: ["sh", "-s", "--", ...args],
    stdin: wholeOrNothing(command.script),
    what: shortened(["a script", ...args].join(" ")),
  };
}

/**
 * sh parses a group to its end before it runs the first line of it. So a script that arrives only in part, because the
 * connection broke, does nothing at all; and a program in the script that reads stdin finds it empty instead of eating
 * the lines that follow.
 */
function wholeOrNothing(script: string): string {
  return `{ :\n${script}\n}; exit\n`;
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= LONGEST_WHAT ? line : `${line.slice(0, LONGEST_WHAT - 1)}…`;
}
