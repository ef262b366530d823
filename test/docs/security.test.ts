import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const page = readFileSync(join(ROOT, "docs/security.md"), "utf8");

const [, chapter = ""] = /\n## Threat model\n([\s\S]*?)\n## /.exec(page) ?? [];

/** What nobody may do by the threat model, with the tests that try it. */
const rows = chapter
  .slice(chapter.indexOf("| what nobody can do"))
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .slice(2)
  .map((line) => {
    const [, nobody = "", , tests = ""] = line.split("|").map((cell) => cell.trim());
    return { nobody, tests: [...tests.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path) };
  });

describe("the threat model", () => {
  test("has rows", () => {
    expect(rows.length).toBeGreaterThan(10);
  });

  test.each(rows)("names tests that exist for: $nobody", ({ tests }) => {
    expect(tests).not.toEqual([]);
    for (const path of tests) {
      expect(path).toMatch(/\.test\.ts$/);
      expect(existsSync(join(ROOT, path)), path).toBe(true);
    }
  });
});
