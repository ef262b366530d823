import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { catalogIds } from "../../provider/models/catalog.ts";
import { type MemoryRange, TERM_NAMES } from "../../provider/models/memory-term.ts";
import { accuracy } from "../../tools/bench/accuracy.ts";
import { estimateOf, LLAMA_8B } from "./shapes.ts";

const DOCUMENT = readFileSync(new URL("../../docs/models.md", import.meta.url), "utf8");

/** The cells of a table's lines, however they are padded. */
const rows = (markdown: string): readonly string[] =>
  markdown
    .split("\n")
    .filter((line) => line.startsWith("|") && !/^\|[\s:|-]+$/.test(line))
    .map((line) =>
      line
        .split("|")
        .map((cell) => cell.trim())
        .join("|"),
    );

test("the accuracy that is documented is what the bench prints", async () => {
  const documented = new Set(rows(DOCUMENT));
  const printed = rows((await accuracy.run({} as never)).join("\n"));
  expect(printed.length).toBeGreaterThan(30);
  expect(printed.filter((row) => !documented.has(row))).toEqual([]);
});

const cells = ({ low, best, high }: MemoryRange) =>
  [low, best, high].map((value) => (value / 1024 ** 3).toFixed(2)).join("|");

test("the example worked by hand is what the estimate says", () => {
  const estimate = estimateOf(LLAMA_8B, { precision: "bf16", maxModelLen: 8192, maxNumSeqs: 4 });
  const [, worked = ""] = DOCUMENT.split("## Worked by hand");
  const table = rows(worked.split("\n## ")[0] ?? "");
  for (const name of TERM_NAMES.filter((term) => term !== "communication")) {
    const term = estimate.terms.find((one) => one.name === name);
    const row = table.find((line) => line.startsWith(`|${name}|`));
    expect(row?.endsWith(`|${term && cells(term)}|`)).toBe(true);
  }
  expect(table.at(-1)).toBe(`|sum|GiB|${cells(estimate)}|`);
});

test("the number of models is right", () => {
  expect(DOCUMENT).toContain(`${catalogIds().length} ids`);
  const changes = readFileSync(new URL("../../CHANGELOG.md", import.meta.url), "utf8");
  expect(changes).toContain(`${catalogIds().length} models of a catalog`);
});
