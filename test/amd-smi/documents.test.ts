import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { splitDocuments } from "../../provider/amd-smi/documents.ts";

const BANNER = `
            ******WARNING******

            After changing memory (NPS) partition modes, users MUST restart
            (reload) the AMD GPU driver.

Do you accept these terms? [Y/N] `;

describe("documents in an output of amd-smi", () => {
  test("are found behind a banner, a prompt and a progress bar that redraws its line", () => {
    const bar =
      "[........................................] 140/140 secs remain\r[#####...] 90/140 secs remain";
    const output = `${BANNER}\nUpdating memory partition for GPU: 0 \n${bar}\n[\n    {\n        "gpu": 0\n    }\n]\n`;
    expect(splitDocuments(output)).toEqual({ documents: [[{ gpu: 0 }]], damage: undefined });
  });

  test("are found right behind a progress bar's carriage return", () => {
    expect(splitDocuments('[....] 3/140 secs remain\r[{"gpu": 0}]\n').documents).toEqual([[{ gpu: 0 }]]);
  });

  test("are found one after another, with a legend at the end", () => {
    const output = '[\n    {"gpu_id": 0}\n]\n[\n    {"gpu_id": 1}\n]\n\n\nLegend:\n  * = Current mode\n';
    expect(splitDocuments(output).documents).toEqual([[{ gpu_id: 0 }], [{ gpu_id: 1 }]]);
  });

  test("may follow each other without a line between them", () => {
    expect(splitDocuments('[{"gpu": 0}][{"gpu": 1}] {}\n').documents).toEqual([
      [{ gpu: 0 }],
      [{ gpu: 1 }],
      {},
    ]);
  });

  test("may have carriage returns at their line ends", () => {
    expect(
      splitDocuments('WARNING: x\r\n[\r\n    {\r\n        "gpu": 0\r\n    }\r\n]\r\n').documents,
    ).toEqual([[{ gpu: 0 }]]);
  });

  test("are not confused by brackets and quotes inside their strings", () => {
    const value = [{ text: 'a ] b } c [ d { e " f \\ g' }];
    expect(splitDocuments(JSON.stringify(value, null, 4)).documents).toEqual([value]);
  });

  test.each([
    "[AMDSMI_STATUS_BUSY] Unable to set compute partition to SPX",
    "[AMDSMI_STATUS_SETTING_UNAVAILABLE",
    "{not JSON at all}",
    "[0/140]",
    '[it "quotes something',
    "]",
    "}",
  ])("are not lines like %s", (line) => {
    expect(splitDocuments(`${line}\n[\n    {"gpu": 0}\n]\n`)).toEqual({
      documents: [[{ gpu: 0 }]],
      damage: undefined,
    });
  });

  test("none in text is no damage", () => {
    expect(splitDocuments("ERROR: no GPU\n")).toEqual({ documents: [], damage: undefined });
    expect(splitDocuments("")).toEqual({ documents: [], damage: undefined });
  });
});

describe("a damaged document", () => {
  test("is noticed wherever it breaks off", () => {
    const whole = '[\n    {\n        "gpu": 0,\n        "bdf": "0000:0c:00.0"\n    }\n]';
    for (let length = 1; length < whole.length; length++) {
      const { documents, damage } = splitDocuments(`text\n${whole.slice(0, length)}`);
      expect({ length, documents, damage }).toEqual({
        length,
        documents: [],
        damage: "stopped in the middle of its JSON",
      });
    }
  });

  test("is noticed behind a whole one", () => {
    expect(splitDocuments('[{"gpu": 0}]\n[\n    {"gpu":').damage).toBe("stopped in the middle of its JSON");
  });

  test("is noticed when its brackets match and its values are not JSON, and its inside is not read instead", () => {
    const output =
      '[\n    {\n        "gpu": 0,\n        "power": NaN\n    },\n    {\n        "gpu": 1\n    }\n]\n';
    expect(splitDocuments(output)).toEqual({ documents: [], damage: "printed JSON that cannot be read" });
  });
});

/** Lines that are no JSON, some of them like amd-smi's own. */
const textLine = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(
      "WARNING: User is missing the following required groups: render, video.",
      "Do you accept these terms? [Y/N] ",
      "[AMDSMI_STATUS_NOT_SUPPORTED] Device does not support setting",
      "[########......] 100/140 secs remain",
      "Legend:",
      "",
    ),
    fc.string({ unit: "grapheme-ascii", maxLength: 30 }).map((text) => text.replaceAll(/[[\]{}]/g, "")),
  );

const surrounding = (): fc.Arbitrary<string> =>
  fc.array(textLine(), { maxLength: 4 }).map((lines) => lines.join("\n"));

const document = (): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.array(
      fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true }),
    ),
    fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true }),
  );

test("whatever text stands around them, all documents are found in their order", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(surrounding(), document()), { maxLength: 4 }),
      surrounding(),
      fc.constantFrom(0, 4),
      fc.constantFrom("\n", "\r\n"),
      (parts, after, indent, lineEnd) => {
        const output = [
          ...parts.flatMap(([before, value]) => [before, JSON.stringify(value, null, indent)]),
          after,
        ].join("\n");
        const found = splitDocuments(output.replaceAll("\n", lineEnd));
        const values = parts.map(([, value]) => JSON.parse(JSON.stringify(value)) as unknown);
        expect(found).toEqual({ documents: values, damage: undefined });
      },
    ),
  );
});
