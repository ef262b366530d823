import { array, type Arbitrary, constantFrom, oneof, string } from "fast-check";

const NASTY = [
  "",
  " ",
  "'",
  '"',
  "\\",
  "\\'",
  "a b",
  "two\nlines",
  "end\n",
  "tab\t",
  "\r\n",
  "$HOME",
  "$(id)",
  "`id`",
  "*",
  "~",
  "~root",
  "!!",
  "-n",
  "--",
  "a=b",
  "if",
  ";",
  "&& false",
  "#",
  "{a,b}",
  "größe",
  "日本語",
  "🦙",
  "\u0001",
  "\u001B[31m",
];

/** Anything a program may be given: every text without NUL, and what shells stumble over. */
export const argument = (): Arbitrary<string> =>
  oneof(
    constantFrom(...NASTY),
    string({ unit: "binary" }).map((text) => text.replaceAll("\0", "")),
    array(constantFrom(...NASTY), { maxLength: 4 }).map((parts) => parts.join("")),
  );

export const argumentList = (): Arbitrary<readonly string[]> => array(argument(), { maxLength: 8 });

/** A program that prints its arguments, each followed by NUL; and the way back. */
export const printArguments = (args: readonly string[]): readonly string[] => [
  "sh",
  "-c",
  String.raw`for argument do printf '%s\0' "$argument"; done`,
  "print",
  ...args,
];
export const printedArguments = (stdout: string): readonly string[] => stdout.split("\0").slice(0, -1);
