import type { Executor } from "./executor.ts";
import { holdOpen } from "./hold-open.ts";
import { invocationOf } from "./invocation.ts";
import { runToEnd } from "./run-to-end.ts";
import type { RunningProcess } from "./running-process.ts";

/** How one kind of machine starts a process; all the rest of an executor is the same everywhere. */
export interface ProcessSource {
  readonly target: string;
  /** Gives up waiting for a connection when `signal` fires; a process once started is no longer its business. */
  start(argv: readonly string[], what: string, signal: AbortSignal | undefined): Promise<RunningProcess>;
  close(): Promise<void>;
}

export function executorOver(source: ProcessSource): Executor {
  const { target } = source;
  return {
    target,
    run: async (command, options) => {
      const { argv, stdin, what } = invocationOf(command);
      options.signal?.throwIfAborted();
      const process = await source.start(argv, what, options.signal);
      return await runToEnd({ process, target, what }, stdin, options);
    },
    hold: async (command, options) => {
      const { argv, stdin, what } = invocationOf(command);
      options.signal?.throwIfAborted();
      const process = await source.start(argv, what, options.signal);
      return holdOpen({ process, target, what }, stdin, options);
    },
    close: () => source.close(),
  };
}
