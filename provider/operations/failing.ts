import { ChangeFailedError } from "../change-errors.ts";
import { plainText } from "../plain-text.ts";
import type { Handler, Properties } from "../wire/handler.ts";

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
  if (!(error instanceof Error)) return error;
  error.stack = "";
  // Errors of other code may quote what a host said, too.
  error.message = plainText(error.message);
  return error;
}

async function guarded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw presentable(error);
  }
}

export const withoutStacks = (handler: Handler): Handler => ({
  check: (olds, news) => guarded(handler.check(olds, news)),
  diff: (id, olds, news) => guarded(handler.diff(id, olds, news)),
  create: (inputs) => guarded(handler.create(inputs)),
  update: (id, olds, news) => guarded(handler.update(id, olds, news)),
  read: (id, props) => guarded(handler.read(id, props)),
  delete: (id, props) => guarded(handler.delete(id, props)),
});

/**
 * After a failed change: a host that was never ours, or was rolled back, leaves nothing in state. One that is half changed is
 * recorded, so that the next run finishes it; and so is one whose replacement failed, because the engine has already
 * forgotten the old half, and a destroy must still restore what was before.
 */
export function changeFailure(
  error: unknown,
  id: string,
  inputs: Properties,
  ours: "new" | "replaced",
): unknown {
  const changed = error instanceof ChangeFailedError && !error.rolledBack;
  if (!changed && ours === "new") return error;
  // The host of dynamic providers does not put the provider's text back itself, and without it no later run works.
  return new InitError(id, { ...inputs }, (error as Error).message);
}
