import * as fc from "fast-check";
import { expect, test } from "vitest";

import { sumBytes } from "../../provider/bytes.ts";
import { CATALOG } from "../../provider/models/catalog/catalog-data.ts";
import type { ModelShape } from "../../provider/models/shape/shape.ts";
import { engineArgs } from "../../provider/render/engine-args.ts";
import { engineWarnings } from "../../provider/render/engine-warnings.ts";
import { catalogShape, estimateOf, LLAMA_8B, servingOf } from "../models/shapes.ts";
import { MI300X_MEMORY } from "../support/mi300x.ts";

function flagsOf(shape: ModelShape, options: object = {}, tensorParallel = 1) {
  const memory = estimateOf(shape, options, tensorParallel);
  const serving = servingOf(shape, options);
  const argv = engineArgs("sglang", {
    shape,
    serving,
    memory,
    tensorParallel,
    deviceCapacity: MI300X_MEMORY,
  });
  const pairs = argv.flatMap((flag, at) => (at % 2 === 0 ? [[flag, argv[at + 1] ?? ""] as const] : []));
  return { argv, memory, flags: new Map(pairs) };
}

test("every limit the estimate rests on is told to SGLang, in its own words", () => {
  expect(flagsOf(LLAMA_8B, { precision: "bf16", maxNumSeqs: 4, kvCacheDtype: "fp8" }, 2).argv).toEqual([
    "--max-total-tokens",
    "32768",
    "--mem-fraction-static",
    "0.793",
    "--context-length",
    "8192",
    "--max-running-requests",
    "4",
    "--cuda-graph-max-bs-decode",
    "4",
    "--chunked-prefill-size",
    "2048",
    "--max-prefill-tokens",
    "2048",
    "--tensor-parallel-size",
    "2",
    "--kv-cache-dtype",
    "fp8_e4m3",
    "--dtype",
    "bfloat16",
  ]);
});

test("fp8 of 16-bit weights and GGUF are said; what a checkpoint says itself is not", () => {
  expect(flagsOf(LLAMA_8B, { precision: "fp8" }).flags.get("--quantization")).toBe("fp8");
  expect(flagsOf(catalogShape("openai/gpt-oss-20b")).flags.has("--quantization")).toBe(false);
  const gguf = flagsOf({ ...LLAMA_8B, nativeDtype: "q4_k" }).flags;
  expect([gguf.get("--load-format"), gguf.get("--quantization"), gguf.get("--dtype")]).toEqual([
    "gguf",
    "gguf",
    "auto",
  ]);
});

test("SGLang's share holds weights and KV cache of every model with only its claim free", () => {
  const served = fc.record({
    maxModelLen: fc.integer({ min: 16, max: 4096 }),
    maxNumSeqs: fc.integer({ min: 1, max: 256 }),
  });
  fc.assert(
    fc.property(fc.constantFrom(...CATALOG), served, (shape, options) => {
      // No engine serves longer sequences than the model knows.
      const maxModelLen = Math.min(options.maxModelLen, shape.maxContext ?? options.maxModelLen);
      const { flags, memory } = flagsOf(shape, { ...options, maxModelLen });
      const of = (names: readonly string[]) =>
        sumBytes(memory.terms.filter(({ name }) => names.includes(name)).map(({ high }) => high));
      const free = memory.high - of(["runtime"]);
      const left = free * (1 - Number(flags.get("--mem-fraction-static")));
      expect(free - of(["weights"]) - left).toBeGreaterThanOrEqual(of(["KV cache"]) - 1);
      expect(Number(flags.get("--mem-fraction-static"))).toBeLessThanOrEqual(1);
    }),
  );
});

const NATIVE = { precision: "native", kvCacheDtype: "auto" } as const;

test("a checkpoint that the engine does not load is a warning", () => {
  const gguf = { ...LLAMA_8B, nativeDtype: "q4_k" } as const;
  expect(engineWarnings("vllm", gguf, NATIVE)).toEqual([
    'vLLM 0.33.0 does not load GGUF: meta-llama/Llama-3.1-8B needs engine "sglang", or a checkpoint of another kind',
  ]);
  expect(engineWarnings("vllm", { ...LLAMA_8B, quantization: "bitsandbytes" }, NATIVE)).toEqual([
    expect.stringContaining("does not list bitsandbytes"),
  ]);
  expect(engineWarnings("vllm", { ...LLAMA_8B, quantization: "compressed-tensors" }, NATIVE)).toEqual([]);
  expect(engineWarnings("vllm", LLAMA_8B, NATIVE)).toEqual([]);
  expect(engineWarnings("sglang", LLAMA_8B, NATIVE)).toHaveLength(1);
  expect(engineWarnings("sglang", LLAMA_8B, { ...NATIVE, kvCacheDtype: "fp16" })).toHaveLength(2);
});
