import { plainText } from "../plain-text.ts";
import type { Command } from "./executor.ts";

const LONGEST = 120;

/** A command in messages: what its caller calls it, else its command line, shortened. */
export function describeCommand(command: Command): string {
  if (command.name !== undefined) return command.name;
  const words = "argv" in command ? command.argv : ["a script", ...(command.args ?? [])];
  // Cut first: an argument may be a whole file.
  const line = plainText(words.join(" ").slice(0, LONGEST * 2)).replaceAll(/ {2,}/g, " ");
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`;
}
