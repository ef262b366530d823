import { AmdGpuError, CommandTimeoutError, ConnectionLostError, HostUnreachableError } from "../errors.ts";

export type Reached<T> =
  | { readonly reached: true; readonly value: T }
  /** `mistake`: waiting does not help, something declared is wrong. */
  | { readonly reached: false; readonly reason: string; readonly mistake: boolean };

/** The program's own observation of the host failed a moment ago; the same attempt is not made twice in one preview. */
export class HintedFailureError extends AmdGpuError {
  override readonly name = "HintedFailureError";
  override readonly code = "hinted-failure";
  readonly mistake: boolean;
  constructor(reason: string, kind: "mistake" | "unreachable") {
    super(reason);
    this.mistake = kind === "mistake";
  }
}

/** A host that does not answer may do so later. Everything else (a key refused, a damaged record) wants a person. */
const mayPass = (error: unknown): boolean =>
  error instanceof HostUnreachableError ||
  error instanceof CommandTimeoutError ||
  error instanceof ConnectionLostError ||
  (error instanceof HintedFailureError && !error.mistake);

/** Preview goes on without a host: its failure to answer is a finding. */
export async function tryReach<T>(observe: () => Promise<T>): Promise<Reached<T>> {
  try {
    return { reached: true, value: await observe() };
  } catch (error) {
    return { reached: false, reason: (error as Error).message, mistake: !mayPass(error) };
  }
}
