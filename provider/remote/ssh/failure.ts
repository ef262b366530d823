import { AuthenticationError, HostUnreachableError } from "../../errors.ts";
import { excerpt } from "../../plain-text.ts";

/** How far an attempt to connect has come. */
export type Phase = "connecting" | "handshake" | "login";

/** An attempt that failed, as the SSH library saw it. */
export interface FailedAttempt {
  readonly target: string;
  readonly phase: Phase;
  /** Why the login failed, if it did. */
  readonly loginFailure: string;
  /** What the server said last to whoever logs in; empty when nothing. PAM says so why an account is not let in. */
  readonly banner: string;
}

/** The library's error in our words. Its texts hold no credentials: those are read before it sees them. */
export function explainFailure(
  error: Error & { readonly level?: string; readonly code?: unknown },
  attempt: FailedAttempt,
): Error {
  const { target, phase, banner } = attempt;
  const loginFailure = `${attempt.loginFailure}${saying(banner)}`;
  if (error.level === "client-authentication") return new AuthenticationError(target, loginFailure);
  if (phase === "login" && /authentication failures/i.test(error.message)) {
    return new AuthenticationError(target, `${loginFailure}: ${excerpt(error.message.toLowerCase())}`);
  }
  const reason =
    error.level === "client-socket"
      ? socketReason(error.code, error.message)
      : protocolReason(phase, error.message);
  return new HostUnreachableError(target, reason, { cause: error });
}

/** What to say when the time for one attempt is over. */
export function explainTimeout(
  { target, phase }: Pick<FailedAttempt, "target" | "phase">,
  seconds: number,
  agent: string | undefined,
): Error {
  if (phase === "login" && agent !== undefined) {
    return new AuthenticationError(
      target,
      `neither the agent at ${agent} nor the server finished the login within ${seconds} s; try \`ssh-add -l\``,
    );
  }
  const reached =
    phase === "connecting" ? "no answer" : `it accepted the connection but did not finish the ${phase}`;
  return new HostUnreachableError(target, `${reached} within ${seconds} s`);
}

export function explainClose({
  target,
  phase,
  banner,
}: Pick<FailedAttempt, "target" | "phase" | "banner">): HostUnreachableError {
  return new HostUnreachableError(
    target,
    `the server closed the connection during the ${phase}${saying(banner)}`,
  );
}

const saying = (banner: string): string =>
  excerpt(banner) === "" ? "" : `; the server says "${excerpt(banner)}"`;

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
      return excerpt(message);
  }
}

function protocolReason(phase: Phase, message: string): string {
  if (/lost before handshake/i.test(message))
    return "the server closed the connection before it said a word of SSH";
  const missing = /no matching (.*)/i.exec(message)?.[1];
  if (missing !== undefined)
    return `its SSH server and this client share no ${excerpt(missing)}; compare its sshd_config with docs/security.md`;
  if (/identification string|greeting lines/i.test(message))
    return "what answers at this port is no SSH server: it did not begin with an SSH identification";
  return `the SSH ${phase} failed: ${excerpt(message)}`;
}
