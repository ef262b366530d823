import { HostUnreachableError } from "../../errors.ts";
import type { Message } from "../../message.ts";
import { type Address, addressOf } from "../endpoint.ts";
import { reachMessages as say } from "../messages.ts";
import { BrokenSessionError, ForwardRefusedError } from "./session.ts";
import { TunnelLostError } from "./tunnel.ts";

/** Codes of RFC 4254, section 5.1. */
const PROHIBITED = 1;
const CONNECT_FAILED = 2;
const UNKNOWN_CHANNEL_TYPE = 3;

export interface ForwardingAttempt {
  /** The jump host and the host behind it, for messages. */
  readonly jump: string;
  readonly target: string;
  readonly to: Address;
  /** Whether the jump host has forwarded to anything on the same connection. */
  readonly forwards: boolean;
}

/** Why a jump host does not lead to a host. */
export function explainForwarding(error: unknown, attempt: ForwardingAttempt): unknown {
  const { target, jump } = attempt;
  if (error instanceof ForwardRefusedError) {
    const again =
      error.reason === PROHIBITED || error.reason === UNKNOWN_CHANNEL_TYPE ? "useless" : "may-help";
    return new HostUnreachableError(target, refusedReason(error, attempt), { cause: error, again });
  }
  if (error instanceof TunnelLostError)
    return new HostUnreachableError(target, error.problem, { cause: error });
  if (error instanceof BrokenSessionError)
    return new HostUnreachableError(jump, error.problem, { cause: error, again: "useless" });
  return error;
}

function refusedReason({ reason, description }: ForwardRefusedError, attempt: ForwardingAttempt): Message {
  const { jump, to, forwards } = attempt;
  const there = { jump, address: addressOf(to) };
  // The protocol does not tell a jump host that forwards nothing from one that does not forward there.
  if (reason === PROHIBITED)
    return forwards ? say["address-not-permitted"](there) : say["forwarding-forbidden"](there);
  if (reason === UNKNOWN_CHANNEL_TYPE) return say["forwarding-unsupported"]({ jump });
  if (reason !== CONNECT_FAILED) return say["forwarding-failed"]({ ...there, detail: description });
  const why = REASONS.find(([pattern]) => pattern.test(description))?.[1];
  return why === undefined ? say["forwarding-failed"]({ ...there, detail: description }) : say[why](there);
}

/** The texts of strerror and gai_strerror, which OpenSSH passes on. */
const REASONS = [
  [/refused/i, "jump-connection-refused"],
  [/no route|unreachable/i, "jump-no-route"],
  [/timed out/i, "jump-no-answer"],
  [/not known|no address|nodename|name resolution|non-recoverable/i, "jump-name-unknown"],
] as const;
