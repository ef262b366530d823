import type { Bound } from "../bound.ts";

/** An end to waiting. */
export interface Limit {
  /** Fires when the time is over or the bound has ended; its reason is the error to fail with. */
  readonly signal: AbortSignal;
  /** Rejects with that error; pending for ever otherwise. */
  readonly reached: Promise<never>;
  /** Takes the limit away; to be called in every case, because a running timer keeps the process alive. */
  lift(): void;
}

/** Milliseconds, and the error that says what did not happen within them. */
export interface TimeLimit {
  readonly ms: number;
  readonly error: (ms: number) => Error;
}

/** Longer times make a timer of Node fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The earliest of: the time limit, the deadline of the bound, its signal. */
export function limitedBy({ deadline, signal }: Bound, time?: TimeLimit): Limit {
  const controller = new AbortController();
  const undo: (() => void)[] = [];
  const reached = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener("abort", () => reject(controller.signal.reason as Error));
  });
  // It may be reached when what it limits has just ended and nobody waits any more.
  reached.catch(() => {});
  const left = deadline === undefined ? Number.POSITIVE_INFINITY : Math.max(0, deadline - performance.now());
  const ms = Math.min(time?.ms ?? Number.POSITIVE_INFINITY, left);
  if (Number.isFinite(ms)) {
    const error = (): Error => (time ? time.error(ms) : new Error(`not within ${ms / 1000} s`));
    const timer = setTimeout(() => controller.abort(error()), Math.min(ms, LONGEST_TIMER_MS));
    undo.push(() => clearTimeout(timer));
  }
  if (signal !== undefined) {
    const onAbort = (): void => controller.abort(signal.reason);
    signal.addEventListener("abort", onAbort);
    undo.push(() => signal.removeEventListener("abort", onAbort));
    if (signal.aborted) onAbort();
  }
  return {
    signal: controller.signal,
    reached,
    lift: () => {
      for (const step of undo) step();
    },
  };
}

/** `promise`, or the signal's reason when it fires first. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const limit = limitedBy({ signal });
  try {
    return await Promise.race([promise, limit.reached]);
  } finally {
    limit.lift();
  }
}
