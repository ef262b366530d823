/** Finds a mark in a stream that arrives in pieces: each byte is searched once, whatever the pieces are. */
export interface MarkFinder {
  /**
   * Takes the next piece.
   *
   * @returns what is before the mark, and what is behind it when it was found; else what cannot be part of it any more.
   */
  take(piece: Buffer): { readonly before: Buffer; readonly behind: Buffer | undefined };
  /** What was kept back, because it could have been the beginning of the mark. */
  rest(): Buffer;
}

const NOTHING = Buffer.alloc(0);

export function findMark(mark: string): MarkFinder {
  const wanted = Buffer.from(mark);
  let kept: Buffer = NOTHING;
  return {
    take: (piece) => {
      const text = kept.length === 0 ? piece : Buffer.concat([kept, piece]);
      const at = text.indexOf(wanted);
      if (at !== -1) {
        kept = NOTHING;
        return { before: text.subarray(0, at), behind: text.subarray(at + wanted.length) };
      }
      const sure = text.length - beginningAtEnd(text, wanted);
      kept = text.subarray(sure);
      return { before: text.subarray(0, sure), behind: undefined };
    },
    rest: () => kept,
  };
}

/** How many bytes at the end of `text` could be the beginning of what is wanted: nothing else is kept back. */
function beginningAtEnd(text: Buffer, wanted: Buffer): number {
  for (let length = Math.min(text.length, wanted.length - 1); length > 0; length--) {
    if (text.subarray(text.length - length).equals(wanted.subarray(0, length))) return length;
  }
  return 0;
}
