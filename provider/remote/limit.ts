/** An end to waiting. */
export interface Limit {
  /** Rejects when the time is over or the signal has fired; pending for ever otherwise. */
  readonly reached: Promise<never>;
  /** Takes the limit away; to be called in every case, because a running timer keeps the process alive. */
  lift(): void;
}

/** Longer times make a timer of Node fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function limitedBy(
  signal: AbortSignal | undefined,
  timeout?: { readonly ms: number; readonly error: () => Error },
): Limit {
  const undo: (() => void)[] = [];
  const reached = new Promise<never>((_resolve, reject) => {
    if (timeout !== undefined) {
      const timer = setTimeout(() => reject(timeout.error()), Math.min(timeout.ms, LONGEST_TIMER_MS));
      undo.push(() => clearTimeout(timer));
    }
    if (signal !== undefined) {
      const onAbort = (): void => reject(signal.reason as Error);
      signal.addEventListener("abort", onAbort);
      undo.push(() => signal.removeEventListener("abort", onAbort));
      if (signal.aborted) onAbort();
    }
  });
  // It may be reached when what it limits has just ended and nobody waits any more.
  reached.catch(() => {});
  return {
    reached,
    lift: () => {
      for (const step of undo) step();
    },
  };
}
