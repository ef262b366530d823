import { plainText } from "../../plain-text.ts";

/**
 * A sentence as lines of at most this many characters, broken between words: a picture does not wrap its texts. A longer word is cut
 * in pieces.
 */
export function wrap(sentence: string, most: number): readonly string[] {
  const lines: string[] = [];
  let line: string[] = [];
  let length = 0;
  const end = (): void => {
    lines.push(line.join(" "));
    [line, length] = [[], 0];
  };
  for (const word of plainText(sentence)
    .split(" ")
    .flatMap((word) => pieces(word, most))) {
    const size = word.length + (line.length > 0 ? 1 : 0);
    if (length + size > most) end();
    length += word.length + (line.length > 0 ? 1 : 0);
    line.push(word);
  }
  end();
  return lines;
}

function pieces(word: string, most: number): readonly string[] {
  if (word.length <= most) return [word];
  const found: string[] = [];
  let piece = "";
  // By code points: a half of a character is none.
  for (const sign of word) {
    if (piece.length + sign.length > most) {
      found.push(piece);
      piece = "";
    }
    piece += sign;
  }
  return [...found, piece];
}
