import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { findPackageRoot } from "../../tools/engine/places.ts";
import { referenceTables } from "../../tools/reference/tables.ts";
import { writtenFromSchemas } from "../../tools/reference/written.ts";

/** What fits into a cell of a table, and under a mouse pointer. */
const LONGEST_DESCRIPTION = 150;

describe("what the schemas say of each argument", () => {
  test.each(writtenFromSchemas())("is in $path, as `npm run generate` writes it", ({ path, text }) => {
    expect(readFileSync(join(findPackageRoot(), path), "utf8")).toBe(text);
  });

  test("is short, and a sentence", () => {
    const rows = referenceTables().flatMap((table) => table.rows);
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.filter(({ description }) => description.length > LONGEST_DESCRIPTION)).toEqual([]);
    expect(rows.filter(({ description }) => !/[.)]$/.test(description))).toEqual([]);
  });
});
