import type { Bound } from "./bound.ts";
import { AmdGpuError } from "./errors.ts";
import { type Message, textOf } from "./message.ts";

/** Nothing was changed: the reasons are on the host, and each says what to do. */
export class RefusedError extends AmdGpuError {
  override readonly name = "RefusedError";
  override readonly code = "refused";
  readonly reasons: readonly Message[];
  constructor(target: string, reasons: readonly Message[]) {
    super(`no changes were made to ${target}: ${textOf(reasons)}`);
    this.reasons = reasons;
  }
}

/** A change stopped half-way. `rolledBack` says whether the host is what it was before. */
export class ChangeFailedError extends AmdGpuError {
  override readonly name = "ChangeFailedError";
  override readonly code = "change-failed";
  readonly rolledBack: boolean;
  constructor(target: string, failure: unknown, left: string, state: "rolled-back" | "left") {
    super(`changing ${target} failed: ${(failure as Error).message}. ${left}`, { cause: failure });
    this.rolledBack = state === "rolled-back";
  }
}

/** The bound of a change was over before its next step: the time is over, or the caller has cancelled it. */
export class GivenUpError extends AmdGpuError {
  override readonly name = "GivenUpError";
  override readonly code = "given-up";
  constructor(target: string, bound: Bound) {
    const { reason } = bound.signal ?? {};
    super(
      bound.signal?.aborted === true
        ? `the change of ${target} was cancelled: ${reason instanceof Error ? reason.message : String(reason)}`
        : `the time limit for the change of ${target} expired`,
      { cause: reason },
    );
  }
}

/** A fresh observation after the last step does not show what was planned. The `cause` of a ChangeFailedError. */
export class VerificationError extends AmdGpuError {
  override readonly name = "VerificationError";
  override readonly code = "verification";
  /** One entry per GPU: "0000:0c:00.0 is SPX/NPS1 instead of CPX/NPS4". */
  readonly differences: readonly string[];
  constructor(differences: readonly string[]) {
    super(`the host does not match the plan: ${differences.join("; ")}`);
    this.differences = differences;
  }
}

/** A tool on the host, such as systemctl, failed during a change. The `cause` of a ChangeFailedError. */
export class HostCommandError extends AmdGpuError {
  override readonly name = "HostCommandError";
  override readonly code = "host-command";
  readonly target: string;
  readonly reason: string;
  constructor(target: string, reason: string) {
    super(`${target}: ${reason}`);
    this.target = target;
    this.reason = reason;
  }
}
