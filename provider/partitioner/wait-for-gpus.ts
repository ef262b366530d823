import { type Bound, isOver, pause } from "../bound.ts";
import type { HostObservation } from "../detection/observation.ts";
import { absentIn } from "./plan/host-modes.ts";

/** How often to check whether GPUs are back; reading the files can wake a GPU, so not too often. */
const POLL_MS = 2000;

export interface Waiting {
  readonly observe: () => Promise<HostObservation>;
  readonly limitMs: number;
  /** Ends the wait as well. @default none */
  readonly bound?: Bound;
  /** Called before each further observation. */
  readonly waitingFor: (absent: readonly string[]) => void;
}

/** Observes until the GPUs are there or the time is over. @returns the last observation, and the GPUs that it does not show. */
export async function waitForGpus(
  start: HostObservation,
  gpus: readonly string[],
  { observe, limitMs, bound = {}, waitingFor }: Waiting,
): Promise<{ readonly now: HostObservation; readonly absent: readonly string[] }> {
  const until = performance.now() + limitMs;
  for (let now = start; ; now = await observe()) {
    const absent = absentIn(now, gpus);
    if (absent.length === 0) return { now, absent };
    waitingFor(absent);
    if (performance.now() > until || isOver(bound)) return { now, absent };
    await pause(POLL_MS, bound);
  }
}
