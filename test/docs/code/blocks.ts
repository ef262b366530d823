import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { findPackageRoot } from "../../../tools/engine/places.ts";

/** Code on a page. */
export interface Block {
  readonly page: string;
  /** Of the line of its code fence, from 1. */
  readonly line: number;
  /** As after the fence; empty where nothing is there. */
  readonly language: string;
  readonly text: string;
}

const root = findPackageRoot();

/** Every page that a reader of the repository finds. */
export const pages: readonly string[] = [
  ...readdirSync(root),
  ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`),
  ...readdirSync(join(root, "examples")).map((name) => `examples/${name}/README.md`),
].filter((path) => path.endsWith(".md") && existsSync(join(root, path)));

export function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(join(root, page), "utf8");
  if (/^[ \t]+```/m.test(text))
    throw new Error(`${page} has an indented code fence, which is not found here`);
  return [...text.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map((found) => ({
    page,
    line: text.slice(0, found.index).split("\n").length,
    language: found[1] ?? "",
    text: found[2] ?? "",
  }));
}
