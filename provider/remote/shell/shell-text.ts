import type { Command } from "../executor.ts";
import type { Marks } from "./marks.ts";
import { quoteArgument, quoteArgv } from "./quote.ts";

/**
 * All that a login shell is ever asked to run: one word that every shell takes for the same program, and a forced command can
 * compare. Everything else goes to that program over stdin.
 */
export const EXEC_LINE = "sh";

/**
 * The first line for sh. Only a POSIX shell answers it with the mark: in fish and csh it is an error. A start-up file that
 * replaces the login shell by zsh is put right.
 */
export const greeting = ({ beginWord }: Marks): string =>
  `test -z "\${ZSH_VERSION-}" || emulate sh; printf '\\n%s\\n' ${beginWord}; printf '\\n%s\\n' ${beginWord} >&2\n`;

/** A command that runs to its end. */
export const runText = (command: Command, marks: Marks): string => framed(bodyOf(command), marks);

/** A command that has the rest of stdin. */
export const holdText = (command: Command, marks: Marks): string => framed(callOf(command), marks);

/**
 * sh parses a group to its end before it runs the first line of it: a text that arrives only in part, because the connection
 * broke, does nothing at all. The command runs in a subshell, so that its `exit`, its options and its traps are its own.
 */
const framed = (body: string, { endWord }: Marks): string => `{
(
${body}
)
code=$?
printf '%s %s\\n' ${endWord} "$code"; printf '%s\\n' ${endWord} >&2
exit "$code"; }
`;

/** A program finds its stdin empty instead of eating what follows. */
const bodyOf = (command: Command): string =>
  "argv" in command && command.stdin !== undefined
    ? `printf %s ${quoteArgument(command.stdin)} 2>/dev/null | {\n${callOf(command)}\n}`
    : `exec </dev/null\n${callOf(command)}`;

/** `exec` runs programs alone: no builtin, no function of the same name. */
function callOf(command: Command): string {
  if ("argv" in command) {
    if (command.argv.length === 0) throw new TypeError("a command needs at least the name of a program");
    return `exec ${quoteArgv(command.argv)}`;
  }
  return `set -- ${quoteArgv(command.args ?? [])}\n:\n${command.script}`;
}

/** A script for the stdin of another sh, such as root's: it too runs whole or not at all. */
export const scriptOnStdin = (script: string): string => `{ :\n${script}\n}; exit\n`;
