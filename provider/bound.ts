/**
 * How long somebody is willing to wait: one value that a caller makes and that is handed down through a whole operation. Each
 * single wait has a limit of its own besides; the earlier end counts.
 */
export interface Bound {
  /** Point in time, by `performance.now()`. @default none */
  readonly deadline?: number | undefined;
  /** Ends every wait when it fires, with its reason. @default none */
  readonly signal?: AbortSignal | undefined;
}

/** A bound that ends after `ms` milliseconds, or with `outer`. */
export const boundOf = (ms: number, outer: Bound = {}): Bound => ({
  ...outer,
  deadline: Math.min(outer.deadline ?? Number.POSITIVE_INFINITY, performance.now() + ms),
});

/** Whether the bound is over: nothing new begins then. */
export const isOver = ({ deadline, signal }: Bound): boolean =>
  signal?.aborted === true || (deadline !== undefined && performance.now() >= deadline);

/** Waits, and no longer than the bound allows; the caller asks afterwards whether it is over. */
export async function pause(ms: number, bound: Bound): Promise<void> {
  if (isOver(bound)) return;
  const left = (bound.deadline ?? Number.POSITIVE_INFINITY) - performance.now();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(end, Math.min(ms, left));
    function end(): void {
      clearTimeout(timer);
      bound.signal?.removeEventListener("abort", end);
      resolve();
    }
    bound.signal?.addEventListener("abort", end);
  });
}
