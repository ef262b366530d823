/** What to run: an argv, quoted by us where a shell is in between, or a POSIX sh script fed to `sh -s` on stdin. */
export type Command =
  | { readonly argv: readonly string[]; readonly stdin?: string }
  | { readonly script: string; readonly args?: readonly string[] };

export interface RunOptions {
  /**
   * The command is given up this long after it started. Here it is ended with all that it has started; over SSH its
   * channel is closed, and a command that neither reads nor writes goes on: where that matters, let the host itself
   * bound it with `timeout`. There is no default: every caller says it.
   */
  readonly timeoutMs: number;
  /** Gives up as well, at any time: also while waiting for the connection, or for other commands on it to end. */
  readonly signal?: AbortSignal;
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
  /** Closes the command's stdin and waits for its end. */
  release(): Promise<void>;
  /** Resolves when the command ended by itself or the connection died: what it held is lost. */
  readonly ended: Promise<void>;
}

/** Commands on one machine. A non-zero exit is a result, not an error; see `errors.ts` for what is thrown. */
export interface Executor {
  /** For messages: "ops@gpu1.example" or "this machine". */
  readonly target: string;
  run(command: Command, options: RunOptions): Promise<CommandResult>;
  hold(command: Command, options: RunOptions): Promise<HeldCommand>;
  close(): Promise<void>;
}
