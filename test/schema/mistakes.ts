import type { z } from "zod";

import { formatPath, problemsOf } from "../../provider/schema/sentences.ts";

export type Path = readonly (string | number)[];

/** What the user reads; empty when nothing is wrong. */
export function sentencesOf(schema: z.ZodType, input: unknown): readonly string[] {
  const parsed = schema.safeParse(input);
  return parsed.success ? [] : problemsOf(parsed.error, input).map((problem) => problem.message);
}

/** The same value with another one at a path; `undefined` removes what is there. */
export function withValue(value: unknown, [key, ...rest]: Path, replacement: unknown): unknown {
  if (key === undefined) return replacement;
  if (Array.isArray(value)) {
    return value.map((one: unknown, index) => (index === key ? withValue(one, rest, replacement) : one));
  }
  const object = value as Readonly<Record<string, unknown>>;
  const { [key]: inner, ...others } = object;
  const changed = withValue(inner, rest, replacement);
  return changed === undefined ? others : { ...others, [key]: changed };
}

/** Every path in a value, containers included, the value itself not. */
export function pathsIn(value: unknown, at: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [];
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((one, index) => [index, one] as const)
    : Object.entries(value);
  return entries.flatMap(([key, one]) => [[...at, key], ...pathsIn(one, [...at, key])]);
}

export const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], value);

/** Of a type that the field surely is not. */
export const ofAnotherType = (value: unknown): unknown => {
  if (typeof value === "string") return true;
  if (typeof value === "number") return "many";
  return typeof value === "boolean" ? "yes" : "text";
};

export interface Mistake {
  readonly path: string;
  readonly input: unknown;
}

/** One input per field of a valid one, in which that field alone has another type. */
export const wrongTypes = (valid: unknown): readonly Mistake[] =>
  pathsIn(valid).map((path) => ({
    path: formatPath(path),
    input: withValue(valid, path, ofAnotherType(valueAt(valid, path))),
  }));

/** One input per object of a valid one, in which that object has a field nobody knows. */
export const unknownFields = (valid: unknown): readonly Mistake[] =>
  [[], ...pathsIn(valid)]
    .filter((path) => {
      const value = valueAt(valid, path);
      return typeof value === "object" && value !== null && !Array.isArray(value);
    })
    .map((path) => ({
      path: formatPath([...path, "surprise"]),
      input: withValue(valid, [...path, "surprise"], 1),
    }));

/** The beginning of each sentence up to the path's end, which is what must be exact. */
export const startsOf = (sentences: readonly string[], path: string): readonly string[] =>
  sentences.map((sentence) => sentence.slice(0, path.length + 1));
