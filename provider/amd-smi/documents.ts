import { endOfValue, parseJson } from "../json.ts";

/**
 * amd-smi prints no single JSON document: banners and prompts come before it, a progress bar and a legend around it, and
 * one command may print several documents one after another. This finds them all.
 *
 * A document starts at a line whose first character is `[` or `{`, or right behind another one, and reaches to its matching
 * bracket. A bracketed line that is not JSON ("[AMDSMI_STATUS_BUSY] …") is text. What looks like a document and is none ends
 * the search: `damage` then says what is wrong with it, to follow the name of the command.
 */
export function splitDocuments(output: string): {
  readonly documents: readonly unknown[];
  readonly damage: string | undefined;
} {
  const text = output.replaceAll("\r\n", "\n");
  const documents: unknown[] = [];
  let position = 0;
  let from = startAt(LINE_START, text, position);
  // Nearly always nothing follows the first document: then its end need not be searched.
  const only = from === undefined ? undefined : parse(text.slice(from));
  if (only) return { documents: [only.value], damage: undefined };
  while (from !== undefined) {
    if (looksLikeJson(text, from)) {
      const to = endOfValue(text, from);
      if (to === undefined) return { documents, damage: "stopped in the middle of its JSON" };
      if (to === "too deep") return { documents, damage: "printed JSON that is nested too deeply" };
      const parsed = parse(text.slice(from, to));
      // What is damaged ends the search: each character is read once, whatever is printed.
      if (!parsed) return { documents, damage: "printed JSON that cannot be read" };
      documents.push(parsed.value);
      position = to;
      from = startAt(HERE, text, position) ?? startAt(LINE_START, text, position);
    } else {
      position = from + 1;
      from = startAt(LINE_START, text, position);
    }
  }
  return { documents, damage: undefined };
}

const LINE_START = /(?:^|[\n\r])[ \t]*(?=[[{])/g;
const HERE = /[ \t]*(?=[[{])/y;

/** Position of the first opening bracket from `position` on that stands where the pattern wants it. */
function startAt(pattern: RegExp, text: string, position: number): number | undefined {
  pattern.lastIndex = position;
  const match = pattern.exec(text);
  return match ? match.index + match[0].length : undefined;
}

/** `[` or `{` followed by what JSON allows there, so that "[AMDSMI_STATUS_…" is not taken for the start of one. */
const looksLikeJson = (text: string, from: number): boolean =>
  /^(?:\[\s*[[{"\]]|\{\s*["}]|[[{]\s*$)/.test(text.slice(from, from + 200));

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: parseJson(text) };
  } catch {
    return undefined;
  }
}
