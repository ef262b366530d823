import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { CATALOG } from "../../../provider/models/catalog/catalog-data.ts";
import { catalogIds, lookupModel } from "../../../provider/models/catalog/catalog.ts";
import { editDistance, suggest } from "../../../provider/models/catalog/suggest.ts";
import { parseCsv } from "../../../tools/catalog/csv.ts";
import { renderCatalog } from "../../../tools/catalog/render.ts";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
const TABLE = read("../../../provider/models/catalog/models.csv");

test("the catalog is what the generator makes of the table", () => {
  expect(renderCatalog(TABLE)).toBe(read("../../../provider/models/catalog/catalog-data.ts"));
});

test("every row of the table is in the catalog, once", () => {
  expect(catalogIds()).toEqual(parseCsv(TABLE).map((row) => row.get("id")));
  expect(new Set(catalogIds().map((id) => id.toLowerCase())).size).toBe(200);
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
  ["moonshotai/Kimi-K2-Instruct-0711", "moonshotai/Kimi-K2-Instruct"],
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

/** Copies by those who publish them, renamed makers and old names of models: whose shape, and in which precision. */
test.each([
  ["meta-llama/Meta-Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B-Instruct", "bf16"],
  ["nvidia/Llama-3.1-8B-Instruct-FP8", "meta-llama/Llama-3.1-8B-Instruct", "fp8"],
  ["amd/Llama-3.1-405B-Instruct-FP8-KV", "meta-llama/Llama-3.1-405B", "fp8"],
  ["amd/Llama-3.3-70B-Instruct-MXFP4-Preview", "meta-llama/Llama-3.3-70B-Instruct", "mxfp4"],
  ["amd/Llama-2-70b-chat-hf-WMXFP4FP8-AMXFP4FP8-AMP-KVFP8", "meta-llama/Llama-2-70b-hf", "mxfp4"],
  ["amd/DeepSeek-R1-MXFP4-Preview", "deepseek-ai/DeepSeek-R1", "mxfp4"],
  ["amd/gpt-oss-120b-w-mxfp4-a-fp8", "openai/gpt-oss-120b", "mxfp4"],
  ["amd/Qwen3-235B-A22B-Instruct-2507-MXFP4", "Qwen/Qwen3-235B-A22B", "mxfp4"],
  ["nvidia/Qwen3-30B-A3B-NVFP4", "Qwen/Qwen3-30B-A3B", "nvfp4"],
  ["nvidia/DeepSeek-R1-0528-FP4", "deepseek-ai/DeepSeek-R1", "nvfp4"],
  ["Qwen/Qwen2.5-7B-Instruct-AWQ", "Qwen/Qwen2.5-7B", "int4"],
  ["Qwen/Qwen2.5-32B-Instruct-GPTQ-Int4", "Qwen/Qwen2.5-32B", "int4"],
  ["Qwen/Qwen2.5-72B-Instruct-GPTQ-Int8", "Qwen/Qwen2.5-72B", "int8"],
  ["RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8-dynamic", "meta-llama/Llama-3.1-8B-Instruct", "fp8"],
  ["RedHatAI/Llama-3.3-70B-Instruct-quantized.w4a16", "meta-llama/Llama-3.3-70B-Instruct", "int4"],
  ["RedHatAI/Qwen3-8B-quantized.w8a8", "Qwen/Qwen3-8B", "int8"],
  ["hugging-quants/Meta-Llama-3.1-70B-Instruct-AWQ-INT4", "meta-llama/Llama-3.1-70B", "int4"],
  ["unsloth/Llama-3.2-3B-Instruct", "meta-llama/Llama-3.2-3B", "bf16"],
  ["unsloth/Llama-3.2-3B-Instruct-bnb-4bit", "meta-llama/Llama-3.2-3B", "nf4"],
  ["unsloth/Qwen3-30B-A3B-GGUF:Q4_K_M", "Qwen/Qwen3-30B-A3B", "q4_k"],
  ["unsloth/Qwen3-30B-A3B-GGUF:UD-Q6_K_XL", "Qwen/Qwen3-30B-A3B", "q6_k"],
  ["THUDM/GLM-4-9B-0414", "zai-org/GLM-4-9B-0414", "bf16"],
  ["Qwen/Qwen3-Next-80B-A3B-Thinking", "Qwen/Qwen3-Next-80B-A3B-Instruct", "bf16"],
])("%s is %s in %s", (id, base, dtype) => {
  const lookup = lookupModel(id);
  expect(lookup).toMatchObject({ ok: true, shapeOf: base, model: { id, nativeDtype: dtype } });
});

test.each([
  ["unsloth/Qwen3-30B-A3B-GGUF", "a repository of many files names no precision"],
  ["someone/Llama-3.1-8B-Instruct-FP8", "its owner is not known to copy"],
  ["amd/Unheard-Of-7B-FP8", "nothing of that name is known"],
  ["nvidia/Llama-3.1-9B-Instruct-FP8", "there is none of that size"],
])("%s is not resolved: %s", (id) => {
  expect(lookupModel(id)).toMatchObject({ ok: false });
});

test("a copy in another precision has neither the bytes nor the exceptions of the original", () => {
  const lookup = lookupModel("amd/Kimi-K2-Thinking-MXFP4");
  expect(lookup).toMatchObject({ ok: true, model: { nativeDtype: "mxfp4" } });
  expect(lookup.ok && lookup.model).not.toHaveProperty("partDtypes");
  expect(lookup.ok && lookup.model).not.toHaveProperty("groupSize");
});

test("a model that is in fp8 already keeps its bytes", () => {
  const lookup = lookupModel("deepseek-ai/DeepSeek-R1-FP8");
  expect(lookup).toMatchObject({ model: { nativeDtype: "fp8", weightsBytes: 688_574_839_360 } });
});

test.each(["Qwen/Qwen2.5-7B-Instruct-1M", "someone/Llama-3.1-70B-Instruct", "meta-llama/Llama-3.1-Instruct"])(
  "%s is nobody's relative",
  (id) => {
    expect(lookupModel(id)).toMatchObject({ ok: false });
  },
);

test.each([
  ["meta-llama/Llama-3.1-8b-Instuct", "meta-llama/Llama-3.1-8B-Instruct"],
  ["llama-3.1-8b", "meta-llama/Llama-3.1-8B"],
  ["qwen/qwen3-30b-a3", "Qwen/Qwen3-30B-A3B"],
  ["mistralai/Mixtral-8x7B", "mistralai/Mixtral-8x7B-v0.1"],
])("the catalog suggests, for %s, first %s", (id, expected) => {
  const lookup = lookupModel(id);
  expect(lookup).toMatchObject({
    ok: false,
    error: expect.stringContaining(`model "${id}" is not in the catalog`) as unknown,
  });
  expect(!lookup.ok && lookup.suggestions[0]).toBe(expected);
});

test("an id that is near no id of the catalog gets no suggestion", () => {
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

test.each([
  ["nvidia/Llama-3.1-Nemotron-70B-Instruct-HF", "meta-llama/Llama-3.1-70B", "bf16"],
  ["nvidia/Llama-3.1-Nemotron-70B-Instruct-HF-FP8", "meta-llama/Llama-3.1-70B", "fp8"],
  ["NousResearch/Hermes-3-Llama-3.1-8B", "meta-llama/Llama-3.1-8B-Instruct", "bf16"],
  ["NousResearch/Hermes-4-405B-FP8", "meta-llama/Llama-3.1-405B", "fp8"],
  ["openai/gpt-oss-safeguard-20b", "openai/gpt-oss-20b", "mxfp4"],
  ["PrimeIntellect/INTELLECT-3", "zai-org/GLM-4.5-Air", "bf16"],
  ["Qwen/Qwen2-72B-Instruct", "Qwen/Qwen2.5-72B", "bf16"],
  ["Qwen/Qwen2.5-Math-7B-Instruct", "Qwen/Qwen2.5-7B", "bf16"],
  ["bartowski/google_gemma-3-27b-it-GGUF:Q4_K_M", "google/gemma-3-27b-it", "q4_k"],
  ["bartowski/Qwen_Qwen3-8B-GGUF:Q8_0", "Qwen/Qwen3-8B", "q8_0"],
  ["nvidia/Llama-3_3-Nemotron-Super-49B-v1-FP8", "nvidia/Llama-3_3-Nemotron-Super-49B-v1", "fp8"],
  ["nvidia/DeepSeek-R1-0528-FP4-v2", "deepseek-ai/DeepSeek-R1", "nvfp4"],
])("%s has the layers of %s, in %s", (id, base, dtype) => {
  const found = lookupModel(id);
  const row = CATALOG.find((model) => model.id === base);
  expect(found).toMatchObject({
    ok: true,
    model: { id, layers: row?.layers, hidden: row?.hidden, vocab: row?.vocab, nativeDtype: dtype },
  });
});
