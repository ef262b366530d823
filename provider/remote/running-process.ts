import type { Readable, Writable } from "node:stream";

import type { Message } from "../message.ts";

/** A process that was started, here or over there; the common ground of the executors. */
export interface RunningProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** To be told how much of stdout and stderr was read, where that is counted. */
  readonly received?: (bytes: number) => void;
  /** Resolves when the process has ended and its output was read to the end; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** Gives the process up: asks it to end and closes what we hold of it. `ended` follows. */
  abandon(): void;
}

/**
 * "lost": nobody knows how, or whether, it ended, because the connection went away first, or because the server ended the process
 * without a word about its status. `reason` is there where the connection was ended from here.
 */
export type ProcessEnd =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "lost"; readonly by: "connection" | "server"; readonly reason?: Message | undefined };

/** The same process, with `left` called once: when it ends, or when it is given up, which after its end means nothing. */
export function whenLeft(
  process: RunningProcess,
  left: (how: "ended" | "abandoned") => void,
): RunningProcess {
  let under = true;
  const leave = (how: "ended" | "abandoned"): void => {
    if (under) left(how);
    under = false;
  };
  void process.ended.then(() => leave("ended"));
  return {
    ...process,
    abandon: () => {
      if (!under) return;
      process.abandon();
      leave("abandoned");
    },
  };
}
