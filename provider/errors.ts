/**
 * Errors a caller can act on. Each is data with one sentence: what, on which host or property, what to do. None of them
 * is for a user's mistake in a declaration: that is a check failure with a path (`schema/`).
 */
export abstract class AmdGpuError extends Error {
  abstract override readonly name: string;
  /** What happened, for programs: stable across releases, unlike the sentence. "host-unreachable" */
  abstract readonly code: string;
}

/** The host did not answer: no route, refused, timed out, or the connection broke before a command ran. Not for a rejected login. */
export class HostUnreachableError extends AmdGpuError {
  override readonly name = "HostUnreachableError";
  override readonly code = "host-unreachable";
  readonly target: string;
  readonly reason: string;
  constructor(target: string, reason: string, options?: ErrorOptions) {
    super(`cannot reach ${target}: ${reason}`, options);
    this.target = target;
    this.reason = reason;
  }
}

/** The host answered and did not let us in: wrong or unreadable key, wrong password, no agent. */
export class AuthenticationError extends AmdGpuError {
  override readonly name = "AuthenticationError";
  override readonly code = "authentication";
  readonly target: string;
  constructor(target: string, reason: string, options?: ErrorOptions) {
    super(`cannot log in to ${target}: ${reason}`, options);
    this.target = target;
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

/** The command did not end in time; whether it took effect is unknown until the host is read again. */
export class CommandTimeoutError extends AmdGpuError {
  override readonly name = "CommandTimeoutError";
  override readonly code = "command-timeout";
  readonly target: string;
  readonly timeoutMs: number;
  constructor(target: string, what: string, timeoutMs: number) {
    super(`${what} on ${target} did not end within ${timeoutMs / 1000} s and was given up`);
    this.target = target;
    this.timeoutMs = timeoutMs;
  }
}

/** The connection broke while a command ran; whether it took effect is unknown until the host is read again. */
export class ConnectionLostError extends AmdGpuError {
  override readonly name = "ConnectionLostError";
  override readonly code = "connection-lost";
  readonly target: string;
  constructor(target: string, what: string, options?: ErrorOptions) {
    super(`the connection to ${target} broke while ${what} ran`, options);
    this.target = target;
  }
}

/** A field of `connection` cannot be used, which only shows when it is used. */
export class ConnectionSettingsError extends AmdGpuError {
  override readonly name = "ConnectionSettingsError";
  override readonly code = "connection-settings";
  readonly target: string;
  /** Name of the field. */
  readonly field: string;
  constructor(target: string, field: string, reason: string) {
    super(`connection of ${target}: ${field} ${reason}`);
    this.target = target;
    this.field = field;
  }
}

/** The command said more than anything of ours ever does, and was given up. */
export class OutputTooLargeError extends AmdGpuError {
  override readonly name = "OutputTooLargeError";
  override readonly code = "output-too-large";
  readonly target: string;
  readonly limitBytes: number;
  constructor(target: string, what: string, limitBytes: number) {
    super(`${what} on ${target} wrote more than ${limitBytes / 1024 ** 2} MiB and was given up`);
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
      `${what} on ${target} ended with status ${exitStatus} before it was ready: ${stderr.trim() || "it said nothing"}`,
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
