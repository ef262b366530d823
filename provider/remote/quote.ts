/**
 * `argument` as exactly one word of a shell. Always quoted, so that no word is ever a keyword, an alias or an assignment.
 * Backslashes stand outside the quotes, because fish gives them a meaning inside; every POSIX shell reads both the same.
 */
export function quoteArgument(argument: string): string {
  if (argument.includes("\0")) throw new TypeError("an argument cannot contain a NUL character");
  return `'${argument.replaceAll(/['\\]/g, String.raw`'\$&'`)}'`;
}

/** `argv` as one command line for the login shell at the other end. */
export function quoteArgv(argv: readonly string[]): string {
  return argv.map(quoteArgument).join(" ");
}
