/**
 * Control characters, format characters (bidirectional overrides, zero-width ones, tags), lone surrogates, line and paragraph
 * separators; and the beginning of a colour tag of Pulumi's engine, `<{%reset%}>`. Line feeds and tabs are none of them.
 */
const UNSEEN = /[^\P{Cc}\n\t]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|<\{(?=%)/gu;

/** Between words these are a space like any other. */
const BLANKS = /[\t\n\r\v\f]/g;
const BLANKS_WITHIN_LINES = /[\r\v\f]/g;

/** A text with more characters to spell out was made to keep the reader busy, and to have its megabytes multiplied. */
export const MOST_SPELLED = 10_000;
const UNKNOWN = "\uFFFD";

/**
 * Text of a host as one line that a terminal, a log or a file name can bear: blanks become spaces, every other character that
 * has no shape of its own is spelled out, as `\u{1b}`. What is plain already stays as it is.
 */
export const plainText = (text: string): string => spelled(text.replaceAll(BLANKS, " "));

/** The same of many lines: line feeds and tabs stay. */
export const plainLines = (text: string): string =>
  // Nearly always there is nothing to do, and a host says megabytes.
  text.search(UNSEEN) === -1 ? text : spelled(text.replaceAll(BLANKS_WITHIN_LINES, " "));

const spelled = (text: string): string =>
  countUnseen(text) > MOST_SPELLED ? text.replaceAll(UNSEEN, UNKNOWN) : text.replaceAll(UNSEEN, spell);

/** How many characters of a text have no shape of their own, counted to one above the most that are spelled out. */
export function countUnseen(text: string): number {
  let count = 0;
  const unseen = new RegExp(UNSEEN);
  while (count <= MOST_SPELLED && unseen.test(text)) count++;
  return count;
}

const spell = (sign: string): string =>
  sign === "<{" ? String.raw`<\u{7b}` : String.raw`\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`;

/** A value of which every text is plain; itself where all are. Only arrays and plain objects are walked through. */
export function plainData<T>(value: T): T {
  if (typeof value === "string") return plainText(value) as T;
  if (Array.isArray(value)) return value.map(plainData) as T;
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plainData(one)])) as T;
}

const EXCERPT_CHARACTERS = 300;

/** As much of what a host said as fits into a sentence: one line, folded blanks, the beginning. Empty when it said nothing. */
export function excerpt(text: string, characters = EXCERPT_CHARACTERS): string {
  // Cut first: what a host says may be megabytes.
  const start = text.slice(0, characters * 4).trim();
  const line = plainText(start).replaceAll(/ {2,}/g, " ");
  // Not in the middle of a character.
  return line.slice(0, characters).replace(/[\uD800-\uDBFF]$/, "");
}

/** The last line that says something, in the same way: where a tool says why it failed. */
export function lastLine(text: string): string {
  const end = text.slice(-EXCERPT_CHARACTERS * 8).trimEnd();
  return excerpt(end.slice(Math.max(end.lastIndexOf("\n"), end.lastIndexOf("\r")) + 1));
}
