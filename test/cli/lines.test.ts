import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { jsonText } from "../../provider/cli/json-text.ts";
import { bar } from "../../provider/cli/text/bar.ts";
import { type Part, renderLines, span, type Tone, widthOf } from "../../provider/cli/text/line.ts";
import { table } from "../../provider/cli/text/table.ts";

/** Characters that a terminal obeys, or that have no shape. */
const OBEYED = /[^\P{Cc}\n]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

const COLOURS = new RegExp(String.raw`\u001B\[\d+m`, "gu");

const hostile = (): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 4 }),
        fc.constantFrom(
          "\u001B[2J",
          "\u001B]0;x\u0007",
          "\n",
          "\r",
          "\t",
          "\u202E",
          "\u009B1A",
          "日本",
          "🦙",
        ),
      ),
      { maxLength: 6 },
    )
    .map((parts) => parts.join(""));

const part = (): fc.Arbitrary<Part> =>
  fc.oneof(
    hostile(),
    fc.record({ tone: fc.constantFrom<Tone>("heading", "good", "warning", "bad", "dim"), text: hostile() }),
  );

describe("a line", () => {
  test("has nothing that a terminal obeys but the colours of this package", () => {
    fc.assert(
      fc.property(fc.array(fc.array(part())), (lines) => {
        expect(renderLines(lines, "plain")).not.toMatch(OBEYED);
        expect(renderLines(lines, "colours").replaceAll(COLOURS, "")).not.toMatch(OBEYED);
      }),
    );
  });

  test("is one line whatever its parts are, and says the same with colours", () => {
    fc.assert(
      fc.property(fc.array(fc.array(part())), (lines) => {
        const plain = renderLines(lines, "plain");
        expect(plain.split("\n")).toHaveLength(lines.length + 1);
        expect(renderLines(lines, "colours").replaceAll(COLOURS, "")).toBe(plain);
      }),
    );
  });

  test("is coloured by its tone, and has no blanks at its end", () => {
    expect(renderLines([[span("bad", "no"), ": never  "]], "colours")).toBe(
      "\u001B[31mno\u001B[39m: never\n",
    );
    expect(renderLines([["a", span("dim", "   ")]], "colours")).toBe("a\n");
  });

  test("counts the columns of a terminal", () => {
    expect(["ab", "日本", "é", "🦙", "\u001B"].map(widthOf)).toEqual([2, 4, 1, 2, String.raw`\u{1b}`.length]);
  });
});

describe("a table", () => {
  test("has columns of one width", () => {
    const cells = fc.array(fc.tuple(part(), part(), part()), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(cells, (rows) => {
        const lines = table([{ title: "A" }, { title: "B", align: "right" }, { title: "C" }], rows);
        const widths = lines.map((line) => line.reduce((sum, one) => sum + widthOf(one), 0));
        expect(new Set(widths).size).toBe(1);
      }),
    );
  });

  test("reads as a table, and is nothing without rows", () => {
    const columns = [{ title: "NAME" }, { title: "FREE", align: "right" }] as const;
    const rows = [
      ["a", "1 B"],
      ["longer", "22 B"],
    ];
    expect(renderLines(table(columns, rows), "plain")).toBe("NAME    FREE\na        1 B\nlonger  22 B\n");
    expect(table(columns, [])).toEqual([]);
  });
});

describe("a bar", () => {
  test("shows what is reserved and what is used beside it", () => {
    expect(bar(100, 50, 25, 8)).toBe("####--..");
    expect(bar(0, 1, 1, 4)).toBe("....");
  });

  test("has its width, and a sign for whatever is more than nothing", () => {
    const number = fc.nat({ max: 2 ** 40 });
    fc.assert(
      fc.property(number, number, number, (capacity, reserved, unreserved) => {
        const text = bar(capacity, reserved, unreserved, 12);
        expect(text).toMatch(/^#*-*\.*$/);
        expect(text).toHaveLength(12);
        expect(text.includes("#")).toBe(capacity > 0 && reserved > 0);
      }),
    );
  });
});

test("JSON for a terminal has nothing that it obeys, and reads as the same value", () => {
  fc.assert(
    fc.property(fc.dictionary(hostile(), fc.oneof(hostile(), fc.integer())), (value) => {
      const text = jsonText(value);
      expect(text).not.toMatch(OBEYED);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
