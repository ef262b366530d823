import { AmdGpuError } from "./errors.ts";
import { excerpt } from "./plain-text.ts";

/** The host shows no GPU that could be partitioned or described. */
export class HostUnusableError extends AmdGpuError {
  override readonly name = "HostUnusableError";
  override readonly code = "host-unusable";
  /** The reason of the host's capability. */
  readonly reason: string;
  constructor(reason: string) {
    super(`the host cannot be used: ${reason}`);
    this.reason = reason;
  }
}

/** The record file exists and cannot be understood; nothing is placed or changed before a person has read it. */
export class HostRecordError extends AmdGpuError {
  override readonly name = "HostRecordError";
  override readonly code = "host-record";
}

/** The file of a simulated host exists and cannot be understood. */
export class SimulatedHostError extends AmdGpuError {
  override readonly name = "SimulatedHostError";
  override readonly code = "simulated-host";
}

/** Another run is changing this host. */
export class HostLockedError extends AmdGpuError {
  override readonly name = "HostLockedError";
  override readonly code = "host-locked";
  constructor(target: string, seconds: number) {
    super(
      `another run is changing ${target} and did not finish within ${seconds} s; run again when it has finished`,
    );
  }
}

/** The connection that held the lock broke: somebody else may be changing the host by now. */
export class HostLockLostError extends AmdGpuError {
  override readonly name = "HostLockLostError";
  override readonly code = "host-lock-lost";
  constructor(target: string) {
    super(
      `the lock on ${target} was lost because the connection or the process that held it ended; the change stops here`,
    );
  }
}

/** The probe printed something else than its sections: a login banner is fine, a missing or broken-off part is not. */
export class ProbeOutputError extends AmdGpuError {
  override readonly name = "ProbeOutputError";
  override readonly code = "probe-output";
  constructor(target: string, problem: string, output: string) {
    const start = excerpt(output, 200);
    super(`reading ${target} failed: ${problem}; it printed ${start === "" ? "nothing" : `"${start}"`}`);
  }
}

/** A command printed something else than it should: carries the start of what was printed. */
export class AmdSmiOutputError extends AmdGpuError {
  override readonly name = "AmdSmiOutputError";
  override readonly code = "amd-smi-output";
  readonly command: string;
  readonly output: string;
  constructor(command: string, problem: string, output: string) {
    const start = excerpt(output, 200);
    super(`\`${command}\` ${problem}; it printed ${start === "" ? "nothing" : `"${start}"`}`);
    this.command = command;
    this.output = output;
  }
}

/** The reservation to release is gone, or is another one by now; nothing was changed. */
export class ReservationChangedError extends AmdGpuError {
  override readonly name = "ReservationChangedError";
  override readonly code = "reservation-changed";
  readonly key: string;
  constructor(target: string, key: string, reason: string) {
    super(`cannot release ${key} on ${target}: ${reason}; list the reservations again`);
    this.key = key;
  }
}

/** The owner to release may be in use, or has changed since it was listed; nothing was changed. */
export class OwnerKeptError extends AmdGpuError {
  override readonly name = "OwnerKeptError";
  override readonly code = "owner-kept";
  readonly key: string;
  readonly reasons: readonly string[];
  constructor(target: string, key: string, reasons: readonly string[]) {
    super(`cannot release ${key} on ${target}: ${reasons.join("; ")}`);
    this.key = key;
    this.reasons = reasons;
  }
}
