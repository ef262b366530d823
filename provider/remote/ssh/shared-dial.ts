import { unlessAborted } from "../limit.ts";

/**
 * A dial that many wait for. Whoever comes while it is under way shares it, and its failure; the next one after a failure dials
 * again. A dial that nobody waits for any more is broken off.
 */
export class SharedDial {
  readonly #dial: (signal: AbortSignal) => Promise<void>;
  readonly #settled: () => void;
  #running: { readonly done: Promise<void>; readonly controller: AbortController } | undefined;
  #interested = 0;

  /** @param settled is called after each dial, when the next one could begin. */
  constructor(dial: (signal: AbortSignal) => Promise<void>, settled: () => void = () => {}) {
    this.#dial = dial;
    this.#settled = settled;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Joins the dial that is under way, or begins it. */
  begin(): Promise<void> {
    if (this.#running) return this.#running.done;
    const controller = new AbortController();
    const done = this.#dial(controller.signal).finally(() => {
      if (this.#running?.controller === controller) this.#running = undefined;
      this.#settled();
    });
    this.#running = { done, controller };
    return done;
  }

  /** Waits for something that a dial leads to, unless `signal` fires before. */
  async waitFor<T>(wanted: Promise<T>, signal: AbortSignal): Promise<T> {
    this.#interested++;
    try {
      return await unlessAborted(wanted, signal);
    } finally {
      this.#interested--;
      if (this.#interested === 0) this.abort(new Error("no command waits for this connection any more"));
    }
  }

  /** Nobody joins the broken one: the next to come begins another. */
  abort(reason: Error): void {
    this.#running?.controller.abort(reason);
    this.#running = undefined;
  }
}
