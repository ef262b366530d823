import { randomBytes } from "node:crypto";

/**
 * Between what a login shell, its start-up files and a forced command print, and what our command prints, stand random marks.
 * Both are put together by sh itself, from a text in which they do not occur: a terminal or a program that echoes what we
 * send does not print them.
 */
export interface Marks {
  /** sh has begun, on both streams. */
  readonly begin: string;
  /** The command has ended, on both streams; on stdout its exit status follows. */
  readonly end: string;
  /** As words for sh, which puts in 0, the number of its arguments. */
  readonly beginWord: string;
  readonly endWord: string;
}

export function createMarks(): Marks {
  const [one, two, three, four] = [half(), half(), half(), half()];
  return {
    begin: `${one}-0-${two}`,
    end: `${three}-0-${four}`,
    beginWord: `"${one}-$#-${two}"`,
    endWord: `"${three}-$#-${four}"`,
  };
}

const half = (): string => randomBytes(8).toString("hex");
