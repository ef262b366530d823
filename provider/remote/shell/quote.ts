/**
 * `argument` as exactly one word of a POSIX shell. Always quoted, so that no word is ever a keyword, an alias or an assignment.
 * Backslashes stand outside the quotes, where every shell reads them alike.
 *
 * @throws TypeError for a NUL character, which no program can be given.
 */
export function quoteArgument(argument: string): string {
  if (argument.includes("\0")) throw new TypeError("an argument cannot contain a NUL character");
  return `'${argument.replaceAll(/['\\]/g, String.raw`'\$&'`)}'`;
}

/** `argv` as words of a command line. */
export const quoteArgv = (argv: readonly string[]): string => argv.map(quoteArgument).join(" ");
