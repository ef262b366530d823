import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

import { expect, test } from "vitest";

import { findPackageRoot } from "../../tools/engine/places.ts";

const root = findPackageRoot();

const pages = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`),
  ...readdirSync(join(root, "examples")).map((name) => `examples/${name}/README.md`),
].filter((path) => path.endsWith(".md") && existsSync(join(root, path)));

/** Without code, in which brackets mean something else. */
const proseOf = (path: string): string =>
  readFileSync(join(root, path), "utf8")
    .replaceAll(/^```[\s\S]*?^```/gm, "")
    .replaceAll(/`[^`\n]*`/g, "code");

/** The name that GitHub and npm give a heading. */
const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");

function anchorsIn(path: string): ReadonlySet<string> {
  const text = readFileSync(join(root, path), "utf8").replaceAll(/^```[\s\S]*?^```/gm, "");
  return new Set([...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading)));
}

test.each(pages)("%s has no dead link within the repository", (page) => {
  const dead = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? page : normalize(join(dirname(page), file));
    if (!existsSync(join(root, target))) return [`${link}: no such file`];
    return anchor !== undefined && !anchorsIn(target).has(anchor) ? [`${link}: no such heading`] : [];
  });
  expect(dead).toEqual([]);
});

test("pages are found", () => {
  expect(pages.length).toBeGreaterThan(10);
});
