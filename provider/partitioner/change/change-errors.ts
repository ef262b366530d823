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
