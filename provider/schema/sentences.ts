import type { z } from "zod";

/** A user's mistake: the path of the property, and one sentence that begins with it. */
export interface SchemaProblem {
  readonly path: readonly (string | number)[];
  /** "computePartition must be one of SPX, DPX (it is \"XPX\")" */
  readonly message: string;
}

type Issue = z.core.$ZodIssue;

/** connection.hostKey, profiles[1].gpus[0] */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = "";
  for (const key of path)
    text += typeof key === "number" ? `[${key}]` : `${text === "" ? "" : "."}${String(key)}`;
  return text;
}

/** Properties whose values are never repeated in a message, at any depth below them: how to reach a host. */
const SECRET_ROOTS: ReadonlySet<PropertyKey> = new Set(["connection", "local", "hosts"]);

/** A name that somebody mistyped; a key or a password in the place of a name is something else. */
const NAME = /^[A-Za-z][\w-]{0,39}$/;

/** Every issue as a sentence of this package: zod's own texts speak of zod. Values are repeated only where they hold no secret. */
export const problemsOf = (error: z.ZodError, input: unknown): readonly SchemaProblem[] =>
  error.issues.flatMap((issue) => flatten(issue, input, []));

function flatten(issue: Issue, input: unknown, prefix: readonly PropertyKey[]): readonly SchemaProblem[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) =>
      NAME.test(key)
        ? problem([...path, key], `${formatPath([...path, key])} is not a known property${hint(issue, key)}`)
        : problem(path, `${name(path)} has an unknown property (name withheld: it may be a secret)`),
    );
  }
  if (issue.code === "invalid_union") {
    // Of the alternatives, the one that got furthest is the one that was meant.
    const deepest = issue.errors.toSorted((a, b) => depth(b) - depth(a))[0] ?? [];
    if (depth(deepest) > 0) return deepest.flatMap((one) => flatten(one, input, path));
    return [
      unfit(input, path, [...new Set(issue.errors.flat().map((one) => expectation(one)))].join(" or ")),
    ];
  }
  if (issue.code === "custom") return [problem(path, `${name(path)} ${issue.message}`)];
  return [unfit(input, path, expectation(issue))];
}

const unfit = (input: unknown, path: readonly PropertyKey[], wanted: string): SchemaProblem =>
  valueAt(input, path) === undefined
    ? problem(path, `${name(path)} is missing; it must be ${wanted}`)
    : problem(path, `${name(path)} must be ${wanted}${found(input, path)}`);

const depth = (issues: readonly Issue[]): number => Math.max(0, ...issues.map((issue) => issue.path.length));

const problem = (path: readonly PropertyKey[], message: string): SchemaProblem => ({
  path: path.map((key) => (typeof key === "number" ? key : String(key))),
  message,
});

const name = (path: readonly PropertyKey[]): string => formatPath(path) || "the declaration";

function hint(issue: Issue, key: string): string {
  const root = issue.path.length === 0;
  return root && key === "acceleratorPartition" ? "; it is called computePartition" : "";
}

/** What the property should be, to follow "must be". */
function expectation(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return article(issue.expected);
    case "invalid_value":
      return issue.values.length === 1
        ? JSON.stringify(issue.values[0])
        : `one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      return `${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}${counted(issue.origin)}`;
    case "too_big":
      return `at most ${issue.maximum}${counted(issue.origin)}`;
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "invalid_format":
      // Every pattern in these schemas carries its own words.
      return issue.message;
    default:
      return "something else";
  }
}

const counted = (origin: string): string =>
  origin === "string" ? " character(s) long" : origin === "array" ? " element(s)" : "";

const article = (type: string): string => {
  if (type === "int") return "a whole number";
  if (type === "record") return "an object";
  return `${/^[aeiou]/.test(type) ? "an" : "a"} ${type}`;
};

/** What is there instead: short values only, because a whole object or a long text may hold a key in the wrong place. */
function found(input: unknown, path: readonly PropertyKey[]): string {
  if (path.some((key) => SECRET_ROOTS.has(key))) return "";
  const value = valueAt(input, path);
  if (value === undefined) return "";
  if (Array.isArray(value)) return " (it is an array)";
  if (typeof value === "object" && value !== null) return " (it is an object)";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 40 ? " (it is a long text)" : ` (it is ${text})`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  return value;
}
