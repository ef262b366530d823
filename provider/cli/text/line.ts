import { styleText } from "node:util";

import { plainText } from "../../plain-text.ts";

/** How a part of a line is shown on a terminal with colours; without them it is plain. */
export type Tone = "heading" | "good" | "warning" | "bad" | "dim";

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

/** Text of a host may be in any part: it is made plain when the line is written. */
export type Part = string | Span;
export type Line = readonly Part[];

const STYLES = {
  heading: "bold",
  good: "green",
  warning: "yellow",
  bad: "red",
  dim: "dim",
} as const satisfies Readonly<Record<Tone, Parameters<typeof styleText>[0]>>;

export const span = (tone: Tone, text: string): Span => ({ text, tone });

/** Signs that a terminal shows twice as wide as a letter. */
const WIDE =
  /\p{Emoji_Presentation}|[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\uFF01-\uFF60]/u;

const signs = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Columns that it takes on a terminal. */
export function widthOf(part: Part): number {
  const text = plainText(typeof part === "string" ? part : part.text);
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of signs.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

function render(part: Part, colours: "colours" | "plain"): string {
  if (typeof part === "string") return plainText(part);
  const text = plainText(part.text);
  return colours === "colours" && text.trim() !== ""
    ? styleText(STYLES[part.tone], text, { validateStream: false })
    : text;
}

/** Lines as text, each with a line feed: nothing in it is obeyed by a terminal but our own colours. */
export const renderLines = (lines: readonly Line[], colours: "colours" | "plain"): string =>
  lines
    .map(
      (line) =>
        `${trimmed(line)
          .map((part) => render(part, colours))
          .join("")}\n`,
    )
    .join("");

/** Without blanks at the end, which a table leaves there. */
function trimmed(line: Line): Line {
  const last = line.at(-1);
  if (last === undefined) return line;
  const text = (typeof last === "string" ? last : last.text).trimEnd();
  if (text === "") return trimmed(line.slice(0, -1));
  return [...line.slice(0, -1), typeof last === "string" ? text : { ...last, text }];
}
