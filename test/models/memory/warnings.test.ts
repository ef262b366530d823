import { expect, test } from "vitest";

import { estimateWarnings } from "../../../provider/models/memory/warnings.ts";
import { catalogShape, LLAMA_8B, servingOf } from "../shapes.ts";

const said = (precision: "fp8" | "mxfp4" | "int4", shape = LLAMA_8B): string =>
  estimateWarnings(shape, servingOf(shape, { precision })).join("\n");

test("of a precision that is not the checkpoint's it is said whether vLLM makes it while loading", () => {
  expect(said("fp8")).toContain("vLLM quantises meta-llama/Llama-3.1-8B to fp8 while loading it");
  expect(said("mxfp4")).toContain("vLLM 0.29 and later can make it while loading, with --quantization mxfp4");
  expect(said("int4")).toContain("vLLM does not quantise to int4 while loading");
});

test("a checkpoint that is quantised already is not quantised again, and one in mxfp4 is taken as it is", () => {
  expect(said("mxfp4", catalogShape("deepseek-ai/DeepSeek-V3"))).toContain("does not quantise to mxfp4");
  expect(said("mxfp4", catalogShape("openai/gpt-oss-20b"))).not.toMatch(/quantise|counted/);
});
