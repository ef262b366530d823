/** A command line that cannot be meant: one sentence, exit status 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
