import type { Readable } from "node:stream";

/** Bytes of one stream up to a limit, decoded once, so that no character is cut where two chunks meet. */
export interface Output {
  text(): string;
  /** Resolves when the stream has said more than the limit; from there on nothing is kept. */
  readonly overflow: Promise<void>;
}

export function collectOutput(stream: Readable, limitBytes: number): Output {
  const chunks: Buffer[] = [];
  let size = 0;
  const overflow = new Promise<void>((resolve) => {
    stream.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) resolve();
      else chunks.push(chunk);
    });
  });
  return { text: () => Buffer.concat(chunks).toString("utf8"), overflow };
}
