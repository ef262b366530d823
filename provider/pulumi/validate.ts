import type { z } from "zod";

import { problemsOf } from "../schema/sentences.ts";
import { overlaps, unknownPaths } from "./unknowns.ts";

export interface CheckFailure {
  property: string;
  reason: string;
}

export type Validated<T> =
  | { readonly state: "known"; readonly args: T }
  /** Nothing is wrong as far as one can see; some values are not known yet. */
  | { readonly state: "unknown" }
  | { readonly state: "wrong"; readonly failures: CheckFailure[] };

/**
 * The inputs of a resource against its schema, unknown values aside.
 *
 * A failure names no property: the engine prints the value of the one it names, secrets in clear (pulumi#19465). The path
 * stands at the start of the reason instead.
 */
export function validate<T>(schema: z.ZodType<T>, inputs: unknown): Validated<T> {
  const unknown = unknownPaths(inputs);
  const parsed = schema.safeParse(inputs);
  if (!parsed.success) {
    const real = problemsOf(parsed.error, inputs).filter(
      (problem) => !unknown.some((path) => overlaps(path, problem.path)),
    );
    if (real.length > 0) return { state: "wrong", failures: real.map((problem) => failure(problem.message)) };
  }
  if (unknown.length > 0 || !parsed.success) return { state: "unknown" };
  return { state: "known", args: parsed.data };
}

export const failure = (reason: string): CheckFailure => ({ property: "", reason });
