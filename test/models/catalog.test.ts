import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { CATALOG } from "../../provider/models/catalog-data.ts";
import { catalogIds, lookupModel } from "../../provider/models/catalog.ts";
import { editDistance, suggest } from "../../provider/models/suggest.ts";
import { parseCsv } from "../../tools/catalog/csv.ts";
import { renderCatalog } from "../../tools/catalog/render.ts";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
const TABLE = read("../../provider/models/models.csv");

test("the catalog is what the generator makes of the table", () => {
  expect(renderCatalog(TABLE)).toBe(read("../../provider/models/catalog-data.ts"));
});

test("every row of the table is in the catalog, once", () => {
  expect(catalogIds()).toEqual(parseCsv(TABLE).map((row) => row.get("id")));
  expect(new Set(catalogIds().map((id) => id.toLowerCase())).size).toBe(103);
});

test("a model is found by its id in any letter case", () => {
  expect(lookupModel(" META-LLAMA/llama-3.1-8b-Instruct ")).toMatchObject({
    ok: true,
    model: { id: "meta-llama/Llama-3.1-8B-Instruct", layers: 32, kvHeads: 8, params: 8_030_261_248 },
  });
  expect(lookupModel("openai/gpt-oss-20b")).toMatchObject({
    model: {
      experts: { count: 32, active: 4 },
      slidingWindow: { window: 128, fullAttentionEvery: 2 },
      nativeDtype: "mxfp4",
      weightsBytes: 13_761_264_768,
    },
  });
  expect(lookupModel("deepseek-ai/DeepSeek-V3")).toMatchObject({
    model: { mla: { kvLoraRank: 512, qkRopeDim: 64 } },
  });
});

test.each([
  ["meta-llama/Llama-3.1-70B-Instruct", "meta-llama/Llama-3.1-70B"],
  ["meta-llama/Llama-2-7b-chat-hf", "meta-llama/Llama-2-7b-hf"],
  ["mistralai/Mistral-7B-Instruct-v0.3", "mistralai/Mistral-7B-v0.3"],
  ["google/gemma-2-9b-it", "google/gemma-2-9b"],
  ["Qwen/Qwen3-30B-A3B-Thinking-2507", "Qwen/Qwen3-30B-A3B"],
  ["Qwen/Qwen3-8B-Base", "Qwen/Qwen3-8B"],
  ["deepseek-ai/DeepSeek-R1-0528", "deepseek-ai/DeepSeek-R1"],
])("%s has the shape of %s, and a context of its own", (id, base) => {
  const row = CATALOG.find((model) => model.id === base);
  expect(row).toBeDefined();
  expect(lookupModel(id)).toEqual({
    ok: true,
    model: { ...row, id, maxContext: undefined, maxContextOfBase: row?.maxContext },
    shapeOf: base,
  });
});

test.each([
  ["Qwen/Qwen3-8B-FP8", "Qwen/Qwen3-8B", { maxContext: 40_960 }],
  ["Qwen/Qwen3-30B-A3B-Instruct-2507-FP8", "Qwen/Qwen3-30B-A3B", { maxContextOfBase: 40_960 }],
  ["zai-org/GLM-5.2-FP8", "zai-org/GLM-5.2", { maxContext: 1_048_576 }],
])("%s is %s in fp8, whatever its bytes are", (id, base, context) => {
  const { maxContext: _, weightsBytes: __, ...row } = CATALOG.find((model) => model.id === base) ?? {};
  expect(lookupModel(id)).toEqual({
    ok: true,
    model: { ...row, id, nativeDtype: "fp8", ...context },
    shapeOf: base,
  });
});

test("a model that is in fp8 already keeps its bytes", () => {
  const lookup = lookupModel("deepseek-ai/DeepSeek-R1-FP8");
  expect(lookup).toMatchObject({ model: { nativeDtype: "fp8", weightsBytes: 688_574_839_360 } });
});

test.each([
  "nvidia/Llama-3.1-8B-Instruct-FP8",
  "Qwen/Qwen2.5-7B-Instruct-AWQ",
  "Qwen/Qwen2.5-7B-Instruct-1M",
  "someone/Llama-3.1-70B-Instruct",
  "meta-llama/Llama-3.1-Instruct",
])("%s is nobody's relative", (id) => {
  expect(lookupModel(id)).toMatchObject({ ok: false });
});

test.each([
  ["meta-llama/Llama-3.1-8b-Instuct", "meta-llama/Llama-3.1-8B-Instruct"],
  ["llama-3.1-8b", "meta-llama/Llama-3.1-8B"],
  ["qwen/qwen3-30b-a3", "Qwen/Qwen3-30B-A3B"],
  ["mistralai/Mixtral-8x7B", "mistralai/Mixtral-8x7B-v0.1"],
])("for %s it suggests %s first", (id, expected) => {
  const lookup = lookupModel(id);
  expect(lookup).toMatchObject({
    ok: false,
    error: expect.stringContaining(`model "${id}" is not in the catalog`) as unknown,
  });
  expect(!lookup.ok && lookup.suggestions[0]).toBe(expected);
});

test("what is near nothing gets no suggestion", () => {
  expect(lookupModel("my-company/secret")).toEqual({
    ok: false,
    error:
      'model "my-company/secret" is not in the catalog. Any model can be given by its shape instead of an id.',
    suggestions: [],
  });
});

test("edit distance counts letters inserted, deleted and replaced", () => {
  expect(editDistance("kitten", "sitting")).toBe(3);
  expect(editDistance("", "abc")).toBe(3);
  expect(editDistance("same", "same")).toBe(0);
  expect(suggest("bb", ["o/ba", "o/ab", "o/zz"])).toEqual(["o/ab", "o/ba", "o/zz"]);
});

test("quoted fields keep their commas and quotes", () => {
  expect(parseCsv('a,b\n1,"x, ""y"""\r\n"2\n",\n').map((row) => Object.fromEntries(row))).toEqual([
    { a: "1", b: 'x, "y"' },
    { a: "2\n", b: "" },
  ]);
});

test.each([
  ["", "the table is empty"],
  ["a,b\n1", "row 1 has 1 fields and the header 2: 1"],
  ['a\n"open', 'cannot read the table at ""open"'],
])("a broken table %j is an error that shows what was read", (text, message) => {
  expect(() => parseCsv(text)).toThrow(message);
});

test.each([
  ["layers", "32", "32.5", "meta-llama/Llama-3.1-8B: column layers is not a whole number"],
  ["hidden", "4096", "", "meta-llama/Llama-3.1-8B: column hidden is empty"],
  ["tied", "false", "no", "meta-llama/Llama-3.1-8B: column tied is neither true nor false"],
])("a bad %s is an error that names the row", (column, good, bad, message) => {
  const [header = "", first = ""] = TABLE.split("\n");
  const at = header.split(",").indexOf(column);
  const fields = first.split(",");
  expect(fields[at]).toBe(good);
  fields[at] = bad;
  expect(() => renderCatalog(`${header}\n${fields.join(",")}`)).toThrow(message);
  expect(() => renderCatalog(`${header},extra\n${first},1`)).toThrow("unknown column: extra");
});
