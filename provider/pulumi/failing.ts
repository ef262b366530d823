import { ChangeFailedError } from "../partitioner/reconcile.ts";

import type { Handler, Properties } from "./handler.ts";

/** A resource whose host was changed although its operation failed: the engine keeps it in state, and updates it next time. */
export class InitError extends Error {
  override readonly name = "InitError";
  readonly id: string;
  readonly properties: Record<string, unknown>;
  readonly reasons: readonly string[];
  constructor(id: string, properties: Record<string, unknown>, reason: string) {
    super(reason);
    this.id = id;
    this.properties = properties;
    this.reasons = [reason];
  }
}

/**
 * Errors as the engine should show them: one sentence, no stack. It prints the stack of what `check`, `diff`, `read` and
 * `delete` throw, which is no use to who made a mistake or has a broken host.
 */
function presentable(error: unknown): unknown {
  if (error instanceof Error) error.stack = "";
  return error;
}

type Method = (...args: never[]) => Promise<unknown>;

const guarded = <T extends Method>(method: T): T =>
  (async (...args: Parameters<T>) => {
    try {
      return await method(...args);
    } catch (error) {
      throw presentable(error);
    }
  }) as T;

export const withoutStacks = (handler: Handler): Handler => ({
  check: guarded(handler.check),
  diff: guarded(handler.diff),
  create: guarded(handler.create),
  update: guarded(handler.update),
  read: guarded(handler.read),
  delete: guarded(handler.delete),
});

/**
 * After a failed change: a host that was rolled back leaves nothing in state; one that was not is recorded, so that the
 * next run finishes it.
 */
export function changeFailure(error: unknown, id: string, inputs: Properties): unknown {
  if (!(error instanceof ChangeFailedError) || error.rolledBack) return error;
  // The host of dynamic providers does not put the provider's text back itself, and without it no later run works.
  return new InitError(id, { ...inputs }, error.message);
}
