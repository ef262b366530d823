import type { Bound } from "../bound.ts";

/** What to run: a program with its arguments, or a POSIX sh script with the arguments `$1`, `$2`, … */
export type Command = Named &
  (
    | { readonly argv: readonly string[]; readonly stdin?: string }
    | { readonly script: string; readonly args?: readonly string[] }
  );

/** What to run as long as it is held: its stdin is the open end of the line. */
export type Held = Named &
  ({ readonly argv: readonly string[] } | { readonly script: string; readonly args?: readonly string[] });

interface Named {
  /** For messages: "the lock of the host". @default the command line, shortened; "a script" */
  readonly name?: string;
}

/** The bound is that of the whole operation; it ends the wait for a connection too. */
export interface RunOptions extends Bound {
  /**
   * Milliseconds from the moment when there is a connection: the wait for a channel and for the login shell count. (How long
   * connecting may take is said by the connection.) A command that is given up is ended here with all that it has started; over
   * SSH its channel is closed, and a command that neither reads nor writes goes on: where that matters, let the host itself
   * bound it with `timeout`. There is no default: every caller says it.
   */
  readonly timeoutMs: number;
  /** A command that writes more than this to one of its streams is given up. @default 16 MiB */
  readonly outputLimitBytes?: number;
}

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit status; a command killed by a signal has 128 + its number, as in a shell. */
  readonly code: number;
}

/** A command that goes on until we let it go: used to hold a lock that must die with us. */
export interface HeldCommand {
  /** Resolves with the first line the command printed. */
  readonly ready: Promise<string>;
  /** Closes the command's stdin and waits for its end, some seconds; what goes on after them is given up. */
  release(): Promise<void>;
  /** Resolves when the command ended by itself or the connection died: what it held is lost. */
  readonly ended: Promise<void>;
}

/** Commands on one machine. A non-zero exit is a result, not an error; see `errors.ts` for what is thrown. */
export interface Executor {
  /** For messages: "ops@gpu1.example" or "this machine". */
  readonly target: string;
  run(command: Command, options: RunOptions): Promise<CommandResult>;
  /** The time limit is for the first line; after it the command runs as long as it likes. */
  hold(command: Held, options: RunOptions): Promise<HeldCommand>;
  close(): Promise<void>;
}
