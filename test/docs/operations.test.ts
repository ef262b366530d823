import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { expect, test } from "vitest";

import { sentencesOf } from "./sentences-of.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Who says something to an operator about a host, besides what is wrong with a declaration. */
const ROOMS = ["provider/partitioner", "provider/host-record"];
const FILES = ["provider/errors.ts", "provider/detection/messages.ts", "provider/remote/messages.ts"];

/** They speak of a declaration or of a plan, and are met in the preview of a program; or are part of other sentences. */
const NOT_OF_OPERATION = new Set(["desired.ts", "plan.ts", "step.ts", "direct.ts", "render.ts"]);

const paths = [
  ...ROOMS.flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !NOT_OF_OPERATION.has(basename(name)))
      .map((name) => join(room, name)),
  ),
  ...FILES,
];

/** Code and prose quote differently: what stands in backticks in a sentence does so twice on the page. */
const flat = (text: string): string => text.replaceAll("`", "").replaceAll(/\s+/g, " ").trim();

const page = flat(readFileSync(join(ROOT, "docs/operations.md"), "utf8"));

test.each(paths)("every sentence of %s is in docs/operations.md, with what to do", (path) => {
  const missing = sentencesOf(join(ROOT, path)).filter((sentence) => !page.includes(flat(sentence)));
  expect(missing).toEqual([]);
});

test("every message on the page has a meaning and something to do", () => {
  const text = readFileSync(join(ROOT, "docs/operations.md"), "utf8");
  const entries = text
    .slice(text.indexOf("## The update failed"))
    .split(/^(?=- |#|\S)/m)
    .filter((entry) => /^- (?:`|.*\n {2}- )/.test(entry));
  expect(entries.length).toBeGreaterThan(90);
  expect(entries.filter((entry) => !/\n {2}- \*\*Do:\*\* /.test(entry))).toEqual([]);
  expect(entries.filter((entry) => !/\n {2}- \*\*Means:\*\* /.test(entry))).toEqual([]);
});
