/**
 * amd-smi prints no single JSON document: banners and prompts come before it, a progress bar and a legend around it, and
 * one command may print several documents one after another. This finds them all.
 *
 * A document starts at a line whose first character is `[` or `{`, and reaches to its matching bracket. A bracketed line
 * that is not JSON ("[AMDSMI_STATUS_BUSY] …") is text. `complete` is false when the last document breaks off.
 */
export function splitDocuments(output: string): {
  readonly documents: readonly unknown[];
  readonly complete: boolean;
} {
  const text = output.replaceAll("\r\n", "\n");
  const documents: unknown[] = [];
  let complete = true;
  let position = 0;
  const start = /(?:^|[\n\r])[ \t]*(?=[[{])/g;
  for (;;) {
    start.lastIndex = position;
    const match = start.exec(text);
    if (!match) break;
    const from = match.index + match[0].length;
    const to = endOfDocument(text, from);
    const parsed = to === undefined ? undefined : parse(text.slice(from, to));
    if (to !== undefined && parsed) {
      documents.push(parsed.value);
      position = to;
    } else {
      if (to === undefined && looksLikeJson(text, from)) complete = false;
      position = from + 1;
    }
    if (!complete) break;
  }
  return { documents, complete };
}

/** `[` or `{` followed by what JSON allows there, so that "[AMDSMI_STATUS_…" is not taken for the start of one. */
const looksLikeJson = (text: string, from: number): boolean =>
  /^(?:\[\s*[[{"\]]|\{\s*["}]|[[{]\s*$)/.test(text.slice(from, from + 200));

/** The position after the bracket that closes the one at `from`; undefined when there is none. */
function endOfDocument(text: string, from: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === "\\") at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "[" || character === "{") depth++;
    else if (character === "]" || character === "}") {
      depth--;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}
