import { setTimeout as sleep } from "node:timers/promises";

import { HostUnreachableError } from "../../errors.ts";

/** Milliseconds before the second attempt; each further wait is twice as long, up to the longest. */
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;

/**
 * Calls `attempt` up to `attempts` times, with growing waits, as long as the host does not answer. A refused login, a wrong host
 * key, and a server that turns everybody away end it at once: trying again changes nothing, and locks accounts. So does the error of
 * another dial inside, to a jump host, which has made its own attempts.
 */
export async function dial<T>(attempts: number, attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let made = 1; ; made++) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof HostUnreachableError) || error.again === "useless") throw error;
      if (exhausted.has(error)) throw error;
      if (made === attempts) throw afterAttempts(error, made);
    }
    // Cut short by the signal; the next round then throws the signal's own reason.
    await sleep(delayAfter(made), undefined, { signal }).catch(() => {});
  }
}

/** Milliseconds to wait after the nth failed attempt: 500, 1000, 2000, … 10000. */
export function delayAfter(attempt: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), LONGEST_DELAY_MS);
}

/** Errors of dials that have made all their attempts. */
const exhausted = new WeakSet<HostUnreachableError>();

function afterAttempts(error: HostUnreachableError, attempts: number): HostUnreachableError {
  const { target, reason, problem, again } = error;
  const text = `${reason} (tried ${attempts} times)`;
  const last =
    attempts === 1
      ? error
      : new HostUnreachableError(target, problem ? { ...problem, text } : text, { cause: error, again });
  exhausted.add(last);
  return last;
}
