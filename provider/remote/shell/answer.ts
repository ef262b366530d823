import type { Readable } from "node:stream";

import { deferred } from "../deferred.ts";
import { findMark } from "./find-mark.ts";
import type { Marks } from "./marks.ts";

/** What stands between the marks on one stream. */
export interface Answer {
  /** Resolves when the first mark has come. */
  readonly begun: Promise<void>;
  /** Resolves when the last mark has come, with what follows it on its line: on stdout, the exit status. */
  readonly ended: Promise<string>;
  /** Resolves when one of the two limits is passed; from there on nothing is kept. */
  readonly overflow: Promise<"before" | "within">;
  /** Resolves with the first line of the answer. */
  readonly firstLine: Promise<string>;
  /** The answer, as far as it has come. */
  text(): string;
  /** The beginning of what came before the first mark. */
  before(): string;
}

/** Start-up files print a banner, not a file. */
export const BEFORE_LIMIT_BYTES = 1024 * 1024;
/** As much of it is kept for messages. */
const BEFORE_KEPT_BYTES = 2048;
/** A first line, and the status behind the last mark, are shorter. */
const LINE_BYTES = 8192;
const LINE_FEED = "\n";

/** The work is linear in what arrives, and what is kept is bounded, before the first mark and behind it. */
export function readAnswer(stream: Readable, { begin, end }: Marks, limitBytes: number): Answer {
  const begun = deferred<void>();
  const ended = deferred<string>();
  const overflow = deferred<"before" | "within">();
  const firstLine = deferred<string>();
  let state: "before" | "at the mark" | "within" | "status" | "done" = "before";
  const first = findMark(begin);
  const last = findMark(end);
  const noise: Buffer[] = [];
  const chunks: Buffer[] = [];
  let status = "";
  let line = "";
  let lineFound = false;
  let before = 0;
  let size = 0;

  const takeNoise = (piece: Buffer): void => {
    if (before < BEFORE_KEPT_BYTES) noise.push(piece.subarray(0, BEFORE_KEPT_BYTES - before));
    before += piece.length;
    if (before <= BEFORE_LIMIT_BYTES) return;
    state = "done";
    overflow.resolve("before");
  };
  const takeAnswer = (piece: Buffer): void => {
    size += piece.length;
    if (size > limitBytes) {
      state = "done";
      chunks.length = 0;
      overflow.resolve("within");
      return;
    }
    chunks.push(piece);
    if (lineFound) return;
    line = (line + piece.toString("utf8")).slice(0, LINE_BYTES);
    const stop = line.indexOf(LINE_FEED);
    if (stop === -1) return;
    lineFound = true;
    firstLine.resolve(line.slice(0, stop).replace(/\r$/, ""));
  };
  const take = (piece: Buffer): void => {
    if (state === "before") {
      const found = first.take(piece);
      takeNoise(found.before);
      // A flood of noise has ended it.
      if (found.behind === undefined || state !== "before") return;
      state = "at the mark";
      begun.resolve();
      take(found.behind);
    } else if (state === "at the mark") {
      // The end of the mark's own line; a terminal in between puts a carriage return before it.
      const stop = piece.indexOf(LINE_FEED);
      if (stop === -1) return;
      state = "within";
      take(piece.subarray(stop + 1));
    } else if (state === "within") {
      const found = last.take(piece);
      takeAnswer(found.before);
      if (found.behind === undefined || state !== "within") return;
      state = "status";
      take(found.behind);
    } else if (state === "status") {
      status = (status + piece.toString("latin1")).slice(0, LINE_BYTES);
      const stop = status.indexOf(LINE_FEED);
      if (stop === -1) return;
      state = "done";
      ended.resolve(status.slice(0, stop).trim());
    }
  };
  stream.on("data", take);
  return {
    begun: begun.promise,
    ended: ended.promise,
    overflow: overflow.promise,
    firstLine: firstLine.promise,
    text: () => Buffer.concat(state === "within" ? [...chunks, last.rest()] : chunks).toString("utf8"),
    before: () => Buffer.concat([...noise, first.rest().subarray(0, BEFORE_KEPT_BYTES)]).toString("utf8"),
  };
}
