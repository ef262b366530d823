import { AmdGpuError } from "../../errors.ts";
import type { Message } from "../../message.ts";
import type { RunningProcess } from "../running-process.ts";

/** One authenticated SSH connection. */
export interface Session {
  /**
   * Whether further commands may start here; once false, false for ever. False when the connection has ended, and when
   * a command on it was given up: the command may go on over there and count against the server's limit, or the host
   * may not hear us any more. Such a connection ends with the last of its other commands.
   */
  readonly open: boolean;
  /** Starts `sh`. Rejects with `ChannelRefusedError` when the server has too many running already. */
  start(): Promise<RunningProcess>;
  /** While idle the connection does not keep this process from ending. */
  setActivity(activity: "busy" | "idle"): void;
  /** Says goodbye and waits for the end. */
  end(): Promise<void>;
}

/** The server opens no further channel; what was asked for has not started. */
export class ChannelRefusedError extends AmdGpuError {
  override readonly name = "ChannelRefusedError";
  override readonly code = "channel-refused";
}

/** The connection was ended from here, because the server does what no server may. */
export class BrokenSessionError extends AmdGpuError {
  override readonly name = "BrokenSessionError";
  override readonly code = "broken-session";
  readonly problem: Message;
  constructor(problem: Message) {
    super(problem.text);
    this.problem = problem;
  }
}
