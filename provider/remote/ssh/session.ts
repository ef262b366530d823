import { AmdGpuError } from "../../errors.ts";
import type { Message } from "../../message.ts";
import type { Address } from "../endpoint.ts";
import type { RunningProcess } from "../running-process.ts";
import type { TunnelKeeper } from "./tunnel.ts";
import type { Wire } from "./wire.ts";

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
  /**
   * Has the server connect to another one. Rejects with `ForwardRefusedError` when it does not, and with another error when the
   * connection has ended.
   */
  forward(to: Address, keeper: TunnelKeeper): Promise<Wire>;
  /** Why the connection has ended, where that is known. */
  failure(): Message | undefined;
  /** Bytes that the server has sent so far. */
  received(): number;
  /** While idle the connection does not keep this process from ending. */
  setActivity(activity: "busy" | "idle"): void;
  /** Says goodbye and waits for the end. */
  end(): Promise<void>;
}

/** A jump host does not forward; in the words of the SSH protocol. */
export class ForwardRefusedError extends AmdGpuError {
  override readonly name = "ForwardRefusedError";
  override readonly code = "forward-refused";
  /** Of RFC 4254, section 5.1: 1 is prohibited, 2 connecting failed, 3 unknown type of channel, 4 resource shortage. */
  readonly reason: number;
  /** Why connecting failed, as the server says. */
  readonly description: string;
  constructor(reason: number, description: string) {
    super(`forwarding refused (${reason}): ${description}`);
    this.reason = reason;
    this.description = description;
  }
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
