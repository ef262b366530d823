const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Somebody asked this program to end; what it had begun was stopped and removed. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";
  readonly signalName: NodeJS.Signals;
  constructor(signalName: NodeJS.Signals) {
    super(`stopped by ${signalName}`);
    this.signalName = signalName;
  }
}

export interface Stop {
  /** Aborted with a {@link StoppedError}. */
  readonly signal: AbortSignal;
  /** From then on signals have their usual effect again. */
  release(): void;
}

/** Turns signals that end a program into an abort, so that it can clean up first. */
export const stopOnSignals = (): Stop => {
  const stop = new AbortController();
  const listener = (name: NodeJS.Signals): void => stop.abort(new StoppedError(name));
  for (const name of names) process.on(name, listener);
  return {
    signal: stop.signal,
    release: () => {
      for (const name of names) process.removeListener(name, listener);
    },
  };
};
