import type { z } from "zod";

import type { Message } from "../message.ts";
import { problemsOf, type SchemaProblem } from "../schema/sentences.ts";
import { overlaps, unknownPaths } from "../wire/unknowns.ts";
import { operationMessages } from "./operation/messages.ts";

export type Validated<T> =
  | { readonly state: "known"; readonly args: T }
  /** Nothing is wrong as far as one can see; some values are not known yet. */
  | { readonly state: "unknown" }
  | { readonly state: "wrong"; readonly failures: readonly Message[] };

export type Judged<T> =
  | { readonly state: "known"; readonly args: T }
  | { readonly state: "unknown" }
  | { readonly state: "wrong"; readonly problems: readonly SchemaProblem[] };

/** Values against a schema, unknown ones aside. */
export function judge<T>(schema: z.ZodType<T>, values: unknown): Judged<T> {
  const unknown = unknownPaths(values);
  const parsed = schema.safeParse(values);
  if (!parsed.success) {
    const problems = problemsOf(parsed.error, values).filter(
      (problem) => !unknown.some((path) => overlaps(path, problem.path)),
    );
    if (problems.length > 0) return { state: "wrong", problems };
  }
  if (unknown.length > 0 || !parsed.success) return { state: "unknown" };
  return { state: "known", args: parsed.data };
}

/**
 * The inputs of a resource against its schema, unknown values aside.
 *
 * @param shown puts problems with inputs that a resource class makes in terms of what its user wrote.
 */
export function validate<T>(
  schema: z.ZodType<T>,
  inputs: unknown,
  shown: (problems: readonly SchemaProblem[]) => readonly SchemaProblem[] = (problems) => problems,
): Validated<T> {
  const judged = judge(schema, inputs);
  if (judged.state !== "wrong") return judged;
  return {
    state: "wrong",
    failures: shown(judged.problems).map(({ message }) =>
      operationMessages["invalid-input"]({ problem: message }),
    ),
  };
}
