import { expect, test } from "vitest";

import { lookupModel } from "../../../provider/models/catalog/catalog.ts";
import { estimateWarnings } from "../../../provider/models/memory/warnings.ts";
import type { Precision } from "../../../provider/schema/precision.ts";
import { catalogShape, LLAMA_8B, servingOf } from "../shapes.ts";

const said = (precision: "fp8" | "mxfp4" | "int4", shape = LLAMA_8B): string =>
  estimateWarnings(shape, servingOf(shape, { precision })).join("\n");

test("a warning tells whether vLLM quantises to a precision while loading", () => {
  expect(said("fp8")).toContain("vLLM quantises meta-llama/Llama-3.1-8B to fp8 while loading it");
  expect(said("mxfp4")).toContain("vLLM 0.29 and later can quantise to mxfp4 while loading");
  expect(said("int4")).toContain("vLLM does not quantise to int4 while loading");
});

test("a checkpoint that is quantised already is not quantised again, and one in mxfp4 is taken as it is", () => {
  expect(said("mxfp4", catalogShape("deepseek-ai/DeepSeek-V3"))).toContain("does not quantise to mxfp4");
  expect(said("mxfp4", catalogShape("openai/gpt-oss-20b"))).not.toMatch(/quantise|counted/);
});

const warningsOf = (id: string, precision: Precision = "native") =>
  estimateWarnings(catalogShape(id), servingOf(catalogShape(id), { precision }));

test("a confirmed model in its own precision needs no warning", () => {
  for (const id of ["meta-llama/Llama-3.1-8B", "openai/gpt-oss-20b", "deepseek-ai/DeepSeek-V3"]) {
    expect(warningsOf(id)).toEqual([]);
  }
  expect(warningsOf("meta-llama/Llama-3.1-8B", "fp16")).toEqual([]);
});

test("every assumption of an estimate is a warning", () => {
  expect(warningsOf("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B")).toEqual([
    "the shape of deepseek-ai/DeepSeek-R1-Distill-Qwen-7B is not confirmed; give the shape explicitly to be sure",
    "the precision of deepseek-ai/DeepSeek-R1-Distill-Qwen-7B's checkpoint is unknown: 16 bit is assumed",
    "the longest context of deepseek-ai/DeepSeek-R1-Distill-Qwen-7B is unknown: maxModelLen 8192 is not checked",
  ]);
  expect(warningsOf("google/gemma-2-9b")).toHaveLength(1);
  expect(warningsOf("google/gemma-2-9b", "bf16")).toEqual([]);
});

test("a context that only the base of a tuned model has is a warning", () => {
  const found = lookupModel("Qwen/Qwen2.5-7B-Instruct");
  if (!found.ok) throw new Error(found.error);
  const warnings = (maxModelLen: number) =>
    estimateWarnings(found.model, servingOf(found.model, { maxModelLen }));
  expect(warnings(32_768)).toEqual([]);
  expect(warnings(32_769)).toEqual([
    "the longest context of Qwen/Qwen2.5-7B-Instruct is unknown: maxModelLen 32769 is not checked",
  ]);
});

test("a precision that the checkpoint does not have is a matter of who converts it", () => {
  expect(warningsOf("meta-llama/Llama-3.1-8B", "fp8")).toEqual([expect.stringContaining("while loading it")]);
  expect(warningsOf("meta-llama/Llama-3.1-8B", "int4")).toEqual([
    expect.stringContaining("must be a checkpoint in int4"),
  ]);
  expect(warningsOf("openai/gpt-oss-20b", "fp8")).toEqual([
    expect.stringContaining("must be a checkpoint in fp8"),
  ]);
  expect(warningsOf("deepseek-ai/DeepSeek-V3", "bf16")).toEqual([
    expect.stringContaining("needs a converted checkpoint"),
  ]);
});
