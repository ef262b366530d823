/** Values within values: nothing that a host says or keeps for us has more than a handful. */
const DEEPEST = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * `JSON.parse` for text of a host. JavaScript itself reads any depth, but what walks through the value afterwards is recursive,
 * and a value of a million brackets would end it.
 *
 * @throws SyntaxError for text that is not JSON, or nested deeper than 64 values.
 */
export function parseJson(text: string): unknown {
  if (endOfValue(text, 0) === "too deep")
    throw new SyntaxError(`it is nested more than ${DEEPEST} levels deep`);
  return JSON.parse(text) as unknown;
}

/**
 * The position behind the bracket that closes the one at `from`, or at the first one after it; undefined when there is none. Each
 * character is read once.
 */
export function endOfValue(text: string, from: number): number | "too deep" | undefined {
  let depth = 0;
  let inString = false;
  for (let at = from; at < text.length; at++) {
    const sign = text.charCodeAt(at);
    if (inString) {
      if (sign === BACKSLASH) at++;
      else if (sign === QUOTE) inString = false;
    } else if (sign === QUOTE) inString = true;
    else if (isOpening(sign)) {
      depth++;
      if (depth > DEEPEST) return "too deep";
    } else if (isClosing(sign)) {
      depth--;
      if (depth <= 0) return at + 1;
    }
  }
  return undefined;
}

/** `[` or `{`; the closing ones are two further in ASCII. */
const isOpening = (sign: number): boolean => sign === 0x5b || sign === 0x7b;
const isClosing = (sign: number): boolean => sign === 0x5d || sign === 0x7d;
