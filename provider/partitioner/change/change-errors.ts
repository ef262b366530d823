/** Nothing was changed: the reasons are on the host, and each says what to do. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly reasons: readonly string[];
  constructor(target: string, reasons: readonly string[]) {
    super(`${target} was left as it is: ${reasons.join("; ")}`);
    this.reasons = reasons;
  }
}

/** A change stopped half-way. `rolledBack` says whether the host is what it was before. */
export class ChangeFailedError extends Error {
  override readonly name = "ChangeFailedError";
  readonly rolledBack: boolean;
  constructor(target: string, failure: unknown, left: string, state: "rolled-back" | "left") {
    super(`changing ${target} failed: ${(failure as Error).message}. ${left}`, { cause: failure });
    this.rolledBack = state === "rolled-back";
  }
}
