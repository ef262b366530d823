import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import ts from "typescript";
import { expect, test } from "vitest";

import { findPackageRoot } from "../../tools/engine/places.ts";

const root = findPackageRoot();

/** Words that have a better one, which is the only one for its meaning. */
const REFUSED: readonly (readonly [word: RegExp, say: string])[] = [
  [/\blook(?:s|ed|ing)?(?: at| again| afterwards|-up)?\b/i, "observe, check, search or read"],
  [/\banew\b/i, "again"],
  [/\bso many\b/i, "the number of"],
  [/\b(?:of|before) (?:ours|us)\b/i, "of this package, managed by this resource"],
  [/\bmend(?:s|ed|ing)?\b/i, "fix"],
  [/\bholders?\b/i, "GPU process"],
  [/\bforeign[ -]?use\b/i, "unreserved use"],
  [/\bnobody reserved\b/i, "unreserved"],
  [/\bpromise[sd]?\b/, "reservation, plan or preview"],
  [/\b(?:himself|he|his)\b/i, "the noun"],
  [/\bapart\b/i, "anti-affinity, separate"],
  [/\bstands? shortly\b|\bshort forms?\b/i, "compact"],
  [/\bas declared\.? so\b/i, "the sentence"],
];

/** Where such a word is the field's own, or a name that users and their state know. */
const ALLOWED: readonly (readonly [text: RegExp, reason: string])[] = [
  [/respectForeignUse/, "argument of ModelAllocation"],
  [/amdgpu\/(?:{initstate,holders}|holders\/)/, "folder of the kernel"],
  [
    /\bapart\??:|`apart`|\bapart,|\(apart\b|\bapart &&|level: apart|\.apart\b/,
    "argument of a model of ModelFleet",
  ],
  [
    /\blook(?:s|ed|ing)? (?:the devices |a host |like )|\blooked up\b|\blooks a host up\b/i,
    "looks up, looks like",
  ],
  [/\blooks the same\b/i, "appears the same"],
  [
    /node:\w+\/promises|\bpromise\b(?:[,:;)]| =)|\bpromise is\b|`promise`|\.promise\b|(?:a|the|A|The|such a) promise\b/,
    "of JavaScript",
  ],
  [/SDK does not promise/, "guarantee of another package"],
];

interface Line {
  readonly place: string;
  readonly text: string;
}

const linesOf = (path: string, text = readFileSync(join(root, path), "utf8")): readonly Line[] =>
  text.split("\n").map((line, number) => ({ place: `${path}:${number + 1}`, text: line }));

const filesIn = (folder: string, end: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(end))
    .toSorted()
    .map((name) => join(folder, name));

/** The sources of the catalog are quoted as they are. */
const SOURCES = filesIn("provider", ".ts").filter((path) => !path.endsWith("catalog-data.ts"));

const PAGES = ["README.md", ...filesIn("docs", ".md")];

/** Versions that were published stay as they were announced. */
const newest = readFileSync(join(root, "CHANGELOG.md"), "utf8").split(/^## /m).slice(0, 2).join("## ");

const TESTS = new Set(["test", "it", "describe"]);

/** "test" of test(…), test.each(…)(…), describe.each`…`(…) */
function nameCalled(node: ts.Expression): string | undefined {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isCallExpression(node) || ts.isPropertyAccessExpression(node)) return nameCalled(node.expression);
  return ts.isTaggedTemplateExpression(node) ? nameCalled(node.tag) : undefined;
}

function titlesOf(path: string): readonly Line[] {
  const text = readFileSync(join(root, path), "utf8");
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const titles: Line[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && TESTS.has(nameCalled(node.expression) ?? "")) {
      const [title] = node.arguments;
      const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
      if (title && ts.isStringLiteralLike(title)) titles.push({ place: `${path}:${line}`, text: title.text });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return titles;
}

/** One line for each refused word that is left when the allowed texts are taken out. */
function refusedIn(lines: readonly Line[]): readonly string[] {
  return lines.flatMap(({ place, text }) => {
    const rest = ALLOWED.reduce(
      (left, [allowed]) => left.replaceAll(new RegExp(allowed, `${allowed.flags}g`), ""),
      text,
    );
    return REFUSED.filter(([word]) => word.test(rest)).map(
      ([word, say]) => `${place} has "${word.exec(rest)?.[0]}": say ${say}`,
    );
  });
}

test("a refused word is found, and a text that is allowed is not", () => {
  const place = "page.md:1";
  expect(refusedIn([{ place, text: "the host is loaded anew" }])).toEqual([`${place} has "anew": say again`]);
  expect(refusedIn([{ place, text: "set `respectForeignUse`; a path that looks like a key" }])).toEqual([]);
});

test("the sources use one word for one thing", () => {
  expect(SOURCES.flatMap((path) => refusedIn(linesOf(path)))).toEqual([]);
});

test("the pages use one word for one thing", () => {
  expect([...PAGES.map((path) => linesOf(path)), linesOf("CHANGELOG.md", newest)].flatMap(refusedIn)).toEqual(
    [],
  );
});

test("the titles of tests use one word for one thing", () => {
  expect(filesIn("test", ".ts").flatMap((path) => refusedIn(titlesOf(path)))).toEqual([]);
});
