import type { Message } from "./message.ts";
import { excerpt, plainText } from "./plain-text.ts";

/**
 * Errors a caller can act on. Each is data with one sentence: what, on which host or property, what to do. None of them
 * is for a user's mistake in a declaration: that is a check failure with a path (`schema/`).
 */
export abstract class AmdGpuError extends Error {
  abstract override readonly name: string;
  /** What happened, for programs: stable across releases, unlike the sentence. "host-unreachable" */
  abstract readonly code: string;
  /** Whatever a host said that is quoted in it, the sentence is one line that a terminal can bear. */
  constructor(sentence: string, options?: ErrorOptions) {
    super(plainText(sentence), options);
  }
}

/** Why, with a code, data and a sentence; a text alone has no code. */
export type Reason = Message | string;

const textOf = (reason: Reason): string => (typeof reason === "string" ? reason : reason.text);
const messageOf = (reason: Reason): Message | undefined => (typeof reason === "string" ? undefined : reason);

/**
 * The host did not answer: no route, refused, timed out, or the connection broke before a command ran; or it turned everybody
 * away. Not for a rejected login.
 */
export class HostUnreachableError extends AmdGpuError {
  override readonly name = "HostUnreachableError";
  override readonly code = "host-unreachable";
  readonly target: string;
  readonly reason: string;
  /** The reason with its code: "connection-refused". */
  readonly problem: Message | undefined;
  /** Whether another attempt within seconds can help. */
  readonly again: "may-help" | "useless";
  constructor(
    target: string,
    reason: Reason,
    options?: ErrorOptions & {
      /** How far it came. @default "reach" */
      readonly stage?: "reach" | "log in to";
      /** @default "may-help" */
      readonly again?: "may-help" | "useless";
    },
  ) {
    const { stage = "reach", again = "may-help", ...rest } = options ?? {};
    super(`cannot ${stage} ${target}: ${textOf(reason)}`, rest);
    this.target = target;
    this.reason = textOf(reason);
    this.problem = messageOf(reason);
    this.again = again;
  }
}

/** The host answered and did not let us in: wrong or unreadable key, wrong password, no agent. */
export class AuthenticationError extends AmdGpuError {
  override readonly name = "AuthenticationError";
  override readonly code = "authentication";
  readonly target: string;
  /** The reason with its code: "credentials-refused". */
  readonly problem: Message | undefined;
  constructor(target: string, reason: Reason, options?: ErrorOptions) {
    super(`cannot log in to ${target}: ${textOf(reason)}`, options);
    this.target = target;
    this.problem = messageOf(reason);
  }
}

/** The host's key is not the expected one, or there is nothing to compare it with. */
export class HostKeyError extends AmdGpuError {
  override readonly name = "HostKeyError";
  override readonly code = "host-key";
  readonly target: string;
  /** "SHA256:…" as ssh-keygen prints it. */
  readonly fingerprint: string;
  constructor(target: string, fingerprint: string, reason: string) {
    super(`${target} presented host key ${fingerprint}: ${reason}`);
    this.target = target;
    this.fingerprint = fingerprint;
  }
}

/** The command did not end in time; whether it took effect is unknown until the host is read again, unless it did not begin. */
export class CommandTimeoutError extends AmdGpuError {
  override readonly name = "CommandTimeoutError";
  override readonly code = "command-timeout";
  readonly target: string;
  readonly timeoutMs: number;
  /** What was waited for when the time was over: before it has a channel, a command has not begun. */
  readonly waitingFor: "a channel" | "its end";
  constructor(
    target: string,
    what: string,
    timeoutMs: number,
    waitingFor: "a channel" | "its end" = "its end",
  ) {
    super(
      waitingFor === "a channel"
        ? `${what} on ${target} did not start within ${seconds(timeoutMs)} s: the SSH server did not open another session (MaxSessions)`
        : `${what} on ${target} timed out after ${seconds(timeoutMs)} s`,
    );
    this.target = target;
    this.timeoutMs = timeoutMs;
    this.waitingFor = waitingFor;
  }
}

/** Milliseconds as a person reads them: what is left of a bound is no round number. */
const seconds = (ms: number): number => (ms >= 1000 ? Math.round(ms / 100) / 10 : ms / 1000);

/**
 * The connection broke while a command ran, or the host does not answer any more; whether the command took effect is unknown
 * until the host is read again, unless it did not begin.
 */
export class ConnectionLostError extends AmdGpuError {
  override readonly name = "ConnectionLostError";
  override readonly code = "connection-lost";
  readonly target: string;
  readonly state: LostState;
  /** Why, where that is known. */
  readonly problem: Message | undefined;
  constructor(
    target: string,
    what: string,
    options?: ErrorOptions & { readonly state?: LostState; readonly reason?: Message | undefined },
  ) {
    const { state = "running", reason, ...rest } = options ?? {};
    super(
      reason === undefined ? LOST[state](target, what) : `${LOST_BY[state](target, what)}: ${reason.text}`,
      rest,
    );
    this.target = target;
    this.state = state;
    this.problem = reason;
  }
}

/**
 * "unanswered": the host did not start the command. "not-begun": the connection ended before the command began. "ended": the
 * connection stands, and the server ended the command without an exit status.
 */
export type LostState = "running" | "unanswered" | "not-begun" | "ended";

const LOST: Readonly<Record<LostState, (target: string, what: string) => string>> = {
  running: (target, what) => `the connection to ${target} broke while ${what} ran`,
  unanswered: (target, what) => `${target} stopped answering: it did not start ${what}`,
  "not-begun": (target, what) =>
    `the SSH server of ${target} closed the connection before it started ${what}; see the log of the SSH server`,
  ended: (target, what) => `the SSH server of ${target} ended ${what} without an exit status`,
};

/** The same where the reason follows: no log need be read for it. */
const LOST_BY: typeof LOST = {
  ...LOST,
  "not-begun": (target, what) => `the connection to ${target} broke before ${what} started`,
};

const COMPARE =
  "Run sh on the host over ssh to compare: a start-up file or a ForceCommand that prompts, waits or exits prevents sh from starting";

/** The host let us in, and its login shell or forced command did not start `sh`, which all commands go to. */
export class LoginShellError extends AmdGpuError {
  override readonly name = "LoginShellError";
  override readonly code = "login-shell";
  readonly target: string;
  /** What the login shell and its start-up files have printed, the beginning of it. */
  readonly printed: string;
  constructor(target: string, problem: string, printed: string) {
    const said = excerpt(printed);
    super(
      `the login shell on ${target} ${problem}; it printed ${said === "" ? "nothing" : `"${said}"`}. ${COMPARE}`,
    );
    this.target = target;
    this.printed = said;
  }
}

/** A field of `connection`, or of a jump host in it, cannot be used, which only shows when it is used. */
export class ConnectionSettingsError extends AmdGpuError {
  override readonly name = "ConnectionSettingsError";
  override readonly code = "connection-settings";
  readonly target: string;
  /** Name of the field. */
  readonly field: string;
  /** Where it was declared: "connection.knownHosts", "connection.proxy.knownHosts". */
  readonly property: string;
  constructor(
    { target, property }: { readonly target: string; readonly property: string },
    field: string,
    reason: string,
  ) {
    super(`${property}.${field} of ${target} ${reason}`);
    this.target = target;
    this.field = field;
    this.property = `${property}.${field}`;
  }
}

/** The command exceeded the output limit and was stopped. */
export class OutputTooLargeError extends AmdGpuError {
  override readonly name = "OutputTooLargeError";
  override readonly code = "output-too-large";
  readonly target: string;
  readonly limitBytes: number;
  constructor(target: string, what: string, limitBytes: number) {
    super(`${what} on ${target} exceeded the output limit of ${limitBytes / 1024 ** 2} MiB and was stopped`);
    this.target = target;
    this.limitBytes = limitBytes;
  }
}

/** A command that was to go on ended before its first line. */
export class CommandEndedError extends AmdGpuError {
  override readonly name = "CommandEndedError";
  override readonly code = "command-ended";
  readonly target: string;
  readonly exitStatus: number;
  readonly stderr: string;
  constructor(target: string, what: string, exitStatus: number, stderr: string) {
    super(
      `${what} on ${target} ended with status ${exitStatus} before it was ready: ${excerpt(stderr) || "it printed nothing"}`,
    );
    this.target = target;
    this.exitStatus = exitStatus;
    this.stderr = stderr;
  }
}

/** A file of a model is missing, broken, cut off, or larger than any should be. Not for a model that was not found. */
export class UnreadableCheckpointError extends AmdGpuError {
  override readonly name = "UnreadableCheckpointError";
  override readonly code = "unreadable-checkpoint";
  readonly file: string;
  readonly reason: string;
  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(`${file} ${reason}`, options);
    this.file = file;
    this.reason = reason;
  }
}
