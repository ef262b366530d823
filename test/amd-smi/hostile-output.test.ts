import { describe, expect, test } from "vitest";

import { splitDocuments } from "../../provider/amd-smi/documents.ts";
import { setOutcome } from "../../provider/amd-smi/outcome.ts";
import { parseList, parsePartition, parseStatic } from "../../provider/amd-smi/report.ts";
import { parseDrmNodes } from "../../provider/detection/parse/drm-nodes.ts";
import { processGroupOf } from "../../provider/detection/parse/process-group.ts";
import { parseHostRecord } from "../../provider/host-record/record.ts";
import { plainLines, plainText } from "../../provider/plain-text.ts";

/** Texts that a careless pattern reads again and again. `size` is their length in characters, about. */
const FLOODS: Readonly<Record<string, (size: number) => string>> = {
  "lines that begin with a bracket": (size) => "[x\n".repeat(size / 3),
  "lines that begin like a document": (size) => '["x\n'.repeat(size / 4),
  "documents without an end": (size) => '[{"a":\n'.repeat(size / 7),
  "nested brackets": (size) => "[".repeat(size),
  "beginnings of an error": (size) => '"error": "'.repeat(size / 10),
  "beginnings of a status": (size) => "AMDSMI_STATUS_".repeat(size / 14),
  digits: (size) => "1".repeat(size),
  "numbers before a status": (size) => "1 | ".repeat(size / 4),
  spaces: (size) => " ".repeat(size),
  "line ends": (size) => "\n".repeat(size),
  "escaped quotes without an end": (size) => `"${'\\"'.repeat(size / 2)}\\`,
  "control characters": (size) => "\u001B".repeat(size),
  "colour tags": (size) => "<{%".repeat(size / 3),
  "folders of a job": (size) => "/slurm/a".repeat(size / 8),
  "folders of a device": (size) => "a/drm/".repeat(size / 6),
};

/** Everything that reads text of a host; whether it is refused does not matter here. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  documents: splitDocuments,
  outcome: (text) => setOutcome({ stdout: text, stderr: text, code: 1 }, 1),
  list: parseList,
  static: parseStatic,
  partition: parsePartition,
  record: (text) => parseHostRecord(text, "host.json"),
  "DRM nodes": parseDrmNodes,
  "a process's group": (text) => processGroupOf([text]),
  "one line": plainText,
  "many lines": plainLines,
};

/** Milliseconds of computing. */
function cost(read: (text: string) => unknown, text: string): number {
  const before = process.cpuUsage();
  try {
    read(text);
  } catch {
    // That it is refused is not the question.
  }
  return process.cpuUsage(before).user / 1000;
}

describe.each(Object.keys(READERS))("reading %s", (reader) => {
  const read = READERS[reader] ?? splitDocuments;

  test.each(Object.keys(FLOODS))("grows with the output alone: %s", (flood) => {
    const text = FLOODS[flood] ?? String;
    cost(read, text(10_000));
    // A reader whose work grows with the square needs minutes for this; a linear one some tens of milliseconds.
    expect(cost(read, text(1_000_000))).toBeLessThan(5000);
  });
});

describe("an output that is deeper or longer than any", () => {
  test("is damage, not the end of the process", () => {
    const deep = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
    expect(splitDocuments(deep)).toEqual({ documents: [], damage: "printed JSON that is nested too deeply" });
    expect(() => parseHostRecord(deep, "host.json")).toThrow("is not JSON");
  });

  test("has no more rows than a host has devices", () => {
    const row = '{"gpu": 0}';
    expect(() => parseList(`[${Array.from({ length: 2000 }, () => row).join(",")}]`)).toThrow(
      "printed 2000 rows",
    );
  });

  test("is refused as a record", () => {
    expect(() => parseHostRecord(`{"version": 1, "x": "${"y".repeat(2 ** 20)}"}`, "host.json")).toThrow(
      "is longer than 1 MiB",
    );
  });
});
