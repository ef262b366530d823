import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { catalogIds } from "../../provider/models/catalog/catalog.ts";
import { type MemoryRange, TERM_NAMES } from "../../provider/models/memory/memory-term.ts";
import { accuracy } from "../../tools/bench/accuracy.ts";
import { catalogShape, estimateOf, LLAMA_8B, termOf } from "./shapes.ts";

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

/** A number that a paragraph of the document ends a calculation with. */
const worked = (title: string): string => {
  const [, paragraph = ""] = DOCUMENT.split(`**${title} worked by hand**`);
  return (paragraph.split("\n\n")[0] ?? "").replaceAll("\n", " ");
};

test.each([
  {
    title: "gemma-3-27b",
    id: "google/gemma-3-27b-it",
    options: { maxModelLen: 32_768, maxNumSeqs: 8, maxNumBatchedTokens: 2048 },
    figures: ["1,310,720 B", "3206", "31.31 GiB"],
    blocks: 8 * (2048 + 6 * 193) + 1,
    blockBytes: 16 * 16 * 2 * 128 * 2 * 10,
  },
  {
    title: "Qwen3.6-27B",
    id: "Qwen/Qwen3.6-27B",
    options: { maxModelLen: 8192, maxNumSeqs: 16 },
    figures: ["3,207,168 B", "784 tokens", "13.06 GiB"],
    blocks: 16 * (11 + 3 * 2) + 1,
    blockBytes: 784 * 4096 * 16,
  },
])("the cache of $title worked by hand is what the estimate has", (example) => {
  const { title, id, options, figures, blocks, blockBytes } = example;
  for (const figure of figures) expect(worked(title)).toContain(figure);
  const { best } = termOf(estimateOf(catalogShape(id), options), "KV cache");
  expect(best).toBe(blocks * blockBytes);
  expect(worked(title)).toContain(`${(best / 1024 ** 3).toFixed(2)} GiB`);
});
