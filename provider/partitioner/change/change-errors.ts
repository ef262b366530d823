import { type Bound, isOver } from "../../bound.ts";
import { AmdGpuError } from "../../errors.ts";
import { type Message, textOf } from "../../message.ts";

/** Nothing was changed: the reasons are on the host, and each says what to do. */
export class RefusedError extends AmdGpuError {
  override readonly name = "RefusedError";
  override readonly code = "refused";
  readonly reasons: readonly Message[];
  constructor(target: string, reasons: readonly Message[]) {
    super(`${target} was left as it is: ${textOf(reasons)}`);
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

/** The bound of a change was over before its next step: the time, or whoever asked for it has cancelled it. */
export class GivenUpError extends AmdGpuError {
  override readonly name = "GivenUpError";
  override readonly code = "given-up";
  constructor(target: string, bound: Bound) {
    const { reason } = bound.signal ?? {};
    super(
      bound.signal?.aborted === true
        ? `the change of ${target} was cancelled: ${reason instanceof Error ? reason.message : String(reason)}`
        : `the time for the change of ${target} is over`,
      { cause: reason },
    );
  }
}

/** Nothing new begins when the bound is over. @throws GivenUpError */
export function assertTime(target: string, bound: Bound): void {
  if (isOver(bound)) throw new GivenUpError(target, bound);
}
