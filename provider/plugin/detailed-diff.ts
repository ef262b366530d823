import type { Properties } from "../wire/handler.ts";

/** What is shown of one difference. */
export interface Difference {
  /** "observed[\"0000:0c:00.0\"]" */
  readonly path: string;
  readonly kind: "add" | "delete" | "update";
  readonly replaces: boolean;
}

export interface Shown {
  /** Properties that are shown as a whole: what is inside is secret. */
  readonly whole: ReadonlySet<string>;
  /** Properties whose difference is a replacement. */
  readonly replaces: readonly string[];
}

/** Every difference between two values of a resource, as deep as it goes. */
export function differences(olds: Properties, news: Properties, shown: Shown): readonly Difference[] {
  const names = [...new Set([...Object.keys(olds), ...Object.keys(news)])];
  return names.flatMap((name) => {
    const replaces = shown.replaces.includes(name);
    const found = shown.whole.has(name)
      ? changeOf(olds[name], news[name], name, "whole")
      : changeOf(olds[name], news[name], name, "deep");
    return found.map((one) => ({ ...one, replaces }));
  });
}

type Found = Omit<Difference, "replaces">;

function changeOf(before: unknown, after: unknown, path: string, depth: "deep" | "whole"): readonly Found[] {
  if (before === undefined || after === undefined) {
    if (before === after) return [];
    return [{ path, kind: before === undefined ? "add" : "delete" }];
  }
  if (Object.is(before, after)) return [];
  if (!isObject(before) || !isObject(after) || Array.isArray(before) !== Array.isArray(after))
    return [{ path, kind: "update" }];
  const [left, right] = [before as Properties, after as Properties];
  const inside = [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((key) =>
    changeOf(left[key], right[key], `${path}${stepTo(key, Array.isArray(before))}`, "deep"),
  );
  if (depth === "deep" || inside.length === 0) return inside;
  return [{ path, kind: "update" }];
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

function stepTo(key: string, inArray: boolean): string {
  if (inArray) return `[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
