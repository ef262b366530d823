import { AuthenticationError, HostUnreachableError } from "../../errors.ts";
import type { Message } from "../../message.ts";
import { loginMessages, type Phase, reachMessages } from "../messages.ts";
import { TunnelLostError } from "./tunnel.ts";

/** An attempt that failed, as the SSH library saw it. */
export interface FailedAttempt {
  readonly target: string;
  readonly phase: Phase;
  /** Why the login failed, if it did. `detail`: what the server said as it ended it. */
  readonly loginFailure: (detail: string) => Message;
  /** What the server sent before SSH began, and last to whoever logs in; empty: nothing. */
  readonly greeting: string;
  readonly banner: string;
}

/** The library's error in our words. Its texts hold no credentials: those are read before it sees them. */
export function explainFailure(
  error: Error & { readonly level?: string; readonly code?: unknown },
  attempt: FailedAttempt,
): Error {
  const { target, phase, loginFailure } = attempt;
  if (error instanceof TunnelLostError)
    return new HostUnreachableError(target, error.problem, { cause: error });
  if (error.level === "client-authentication") return new AuthenticationError(target, loginFailure(""));
  if (phase === "login" && /authentication failures/i.test(error.message))
    return new AuthenticationError(target, loginFailure(error.message));
  if (error.level === "client-socket")
    return new HostUnreachableError(target, socketReason(error.code, error.message), { cause: error });
  const reason = protocolReason(attempt, error.message);
  return new HostUnreachableError(target, reason, {
    cause: error,
    ...(reason.code === "no-common-algorithm" && { again: "useless" }),
  });
}

/** What to say when the time for one attempt is over. */
export function explainTimeout(
  { target, phase }: Pick<FailedAttempt, "target" | "phase">,
  seconds: number,
  agent: string | undefined,
): Error {
  if (phase === "login" && agent !== undefined)
    return new AuthenticationError(target, loginMessages["agent-or-server-slow"]({ agent, seconds }));
  return new HostUnreachableError(
    target,
    phase === "connecting"
      ? reachMessages["no-answer"]({ seconds })
      : reachMessages["stage-too-slow"]({ phase, seconds }),
  );
}

/**
 * The server closed the connection. A server that does so during the login after it said something has turned this account away:
 * PAM does it with an expired account, and while /etc/nologin exists. Another attempt changes nothing, and counts as a failure.
 */
export function explainClose({
  target,
  phase,
  greeting,
  banner,
}: Pick<FailedAttempt, "target" | "phase" | "greeting" | "banner">): HostUnreachableError {
  const said = phase === "login" ? banner : greeting;
  const reason = MAX_STARTUPS.test(greeting)
    ? reachMessages["too-many-startups"]()
    : reachMessages["closed-in-stage"]({ phase, said });
  return new HostUnreachableError(
    target,
    reason,
    phase === "login" && banner !== "" ? { stage: "log in to", again: "useless" } : {},
  );
}

/** What OpenSSH sends before it drops a connection for this reason. */
const MAX_STARTUPS = /^Exceeded MaxStartups/m;

function socketReason(code: unknown, message: string): Message {
  switch (code) {
    case "ECONNREFUSED":
      return reachMessages["connection-refused"]();
    case "ENOTFOUND":
      return reachMessages["name-unknown"]();
    case "EAI_AGAIN":
      return reachMessages["dns-silent"]();
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return reachMessages["no-route"]();
    case "ETIMEDOUT":
      return reachMessages["no-answer"]({});
    case "ECONNRESET":
    case "EPIPE":
      return reachMessages["connection-reset"]();
    default:
      return reachMessages["socket-failed"]({ detail: message });
  }
}

function protocolReason({ phase, greeting }: FailedAttempt, message: string): Message {
  if (MAX_STARTUPS.test(greeting)) return reachMessages["too-many-startups"]();
  if (/lost before handshake/i.test(message)) return reachMessages["closed-before-ssh"]({ said: greeting });
  const kind = /no matching (.*)/i.exec(message)?.[1];
  if (kind !== undefined) return reachMessages["no-common-algorithm"]({ kind });
  if (/identification string|greeting lines|header length/i.test(message))
    return reachMessages["no-ssh-server"]({ said: greeting });
  return reachMessages["protocol-error"]({ phase, detail: message });
}
