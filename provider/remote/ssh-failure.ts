import { AuthenticationError, HostUnreachableError } from "../errors.ts";

/** How far an attempt to connect has come. */
export type Phase = "connecting" | "handshake" | "login";

/** An attempt that failed, as the SSH library saw it. */
export interface FailedAttempt {
  readonly target: string;
  readonly phase: Phase;
  /** Why the login failed, if it did. */
  readonly loginFailure: string;
}

/** The library's error in our words. Its texts hold no credentials: those are read before it sees them. */
export function explainFailure(
  error: Error & { readonly level?: string; readonly code?: unknown },
  attempt: FailedAttempt,
): Error {
  const { target, phase, loginFailure } = attempt;
  if (error.level === "client-authentication") return new AuthenticationError(target, loginFailure);
  if (phase === "login" && /authentication failures/i.test(error.message)) {
    return new AuthenticationError(target, `${loginFailure}: ${error.message.toLowerCase()}`);
  }
  const reason =
    error.level === "client-socket"
      ? socketReason(error.code, error.message)
      : protocolReason(phase, error.message);
  return new HostUnreachableError(target, reason, { cause: error });
}

/** What to say when the time for one attempt is over. */
export function explainTimeout(target: string, phase: Phase, seconds: number): HostUnreachableError {
  const reached =
    phase === "connecting" ? "no answer" : `it accepted the connection but did not finish the ${phase}`;
  return new HostUnreachableError(target, `${reached} within ${seconds} s`);
}

export function explainClose(target: string, phase: Phase): HostUnreachableError {
  return new HostUnreachableError(target, `the server closed the connection during the ${phase}`);
}

function socketReason(code: unknown, message: string): string {
  switch (code) {
    case "ECONNREFUSED":
      return "connection refused";
    case "ENOTFOUND":
      return "its name is not known to DNS";
    case "EAI_AGAIN":
      return "DNS does not answer";
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "no route to it";
    case "ETIMEDOUT":
      return "no answer";
    case "ECONNRESET":
    case "EPIPE":
      return "it reset the connection";
    default:
      return message;
  }
}

function protocolReason(phase: Phase, message: string): string {
  if (/lost before handshake/i.test(message))
    return "the server closed the connection before it said a word of SSH";
  const missing = /no matching (.*)/i.exec(message)?.[1];
  if (missing !== undefined) return `its SSH server and this client share no ${missing}`;
  return `the SSH ${phase} failed: ${message}`;
}
