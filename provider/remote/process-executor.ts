import type { Bound } from "../bound.ts";
import { CommandTimeoutError } from "../errors.ts";
import { describeCommand } from "./describe-command.ts";
import type { Executor, RunOptions } from "./executor.ts";
import { type Limit, limitedBy } from "./limit.ts";
import type { RunningProcess } from "./running-process.ts";
import { holdOpen } from "./shell/hold-open.ts";
import { createMarks, type Marks } from "./shell/marks.ts";
import { runToEnd } from "./shell/run-to-end.ts";
import { holdText, runText } from "./shell/shell-text.ts";
import { openShell, type Shell } from "./shell/shell.ts";

/** How one kind of machine starts `sh`; all the rest of an executor is the same everywhere. */
export interface ShellSource {
  readonly target: string;
  /** Milliseconds that the login shell may take until it has started sh. */
  readonly startMs: number;
  /** Makes a connection, where there is none. How long that may take is its own business, within `bound`. */
  connect(bound: Bound): Promise<void>;
  /** Starts `sh`, with its stdin open. Waits for its turn until `signal` fires; throws the reason of the signal then. */
  start(request: StartRequest): Promise<RunningProcess>;
  close(): Promise<void>;
}

export interface StartRequest {
  /** For messages. */
  readonly what: string;
  /** "held": it goes on while others come and go. */
  readonly kind: "run" | "held";
  readonly signal: AbortSignal;
}

/** No command of this package prints more than a few hundred kilobytes; a runaway command must not fill the memory. */
const OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024;

export function executorOver(source: ShellSource): Executor {
  return {
    target: source.target,
    run: async (command, options) => {
      const marks = createMarks();
      const text = runText(command, marks);
      const begun = await begin(source, { what: describeCommand(command), kind: "run", marks }, options);
      return await runToEnd(begun.shell, text, begun);
    },
    hold: async (command, options) => {
      const marks = createMarks();
      const text = holdText(command, marks);
      const begun = await begin(source, { what: describeCommand(command), kind: "held", marks }, options);
      return holdOpen(begun.shell, text, begun);
    },
    close: () => source.close(),
  };
}

interface Begun {
  readonly shell: Shell;
  /** What is left of the command's time. */
  readonly limit: Limit;
  readonly outputLimitBytes: number;
}

async function begin(
  source: ShellSource,
  request: Omit<StartRequest, "signal"> & { readonly marks: Marks },
  options: RunOptions,
): Promise<Begun> {
  const { target, startMs } = source;
  const { timeoutMs, outputLimitBytes = OUTPUT_LIMIT_BYTES } = options;
  const { what, kind, marks } = request;
  options.signal?.throwIfAborted();
  await source.connect(options);
  let waitingFor: "a channel" | "its end" = "a channel";
  const limit = limitedBy(options, {
    ms: timeoutMs,
    error: (ms) => new CommandTimeoutError(target, what, ms, waitingFor),
  });
  try {
    const process = await source.start({ what, kind, signal: limit.signal });
    waitingFor = "its end";
    const shell = await openShell(process, { target, what, marks, startMs, outputLimitBytes, limit });
    return { shell, limit, outputLimitBytes };
  } catch (error) {
    limit.lift();
    throw error;
  }
}
