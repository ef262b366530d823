import * as fc from "fast-check";
import { expect, test } from "vitest";

import { ModelScheduler } from "../../provider/scheduler/model-scheduler.ts";
import type { ModelArgs } from "../../provider/schema/model-spec.ts";
import type { ScheduleOptionsArgs } from "../../provider/schema/placement.ts";
import { mi300xLayout } from "../support/mi300x.ts";

const answerTo = (model: ModelArgs, options: ScheduleOptionsArgs = {}) =>
  new ModelScheduler(mi300xLayout(["CPX"], "NPS1")).scheduleModel(model, options);

const MIXTURE = {
  name: "mixture",
  layers: 48,
  hidden: 2048,
  heads: 32,
  kvHeads: 4,
  headDim: 128,
  ffn: 768,
  experts: { count: 128, active: 8 },
  vocab: 151_936,
  dtype: "mxfp4",
} as const;

test("fewer parameters than the shape adds up to are taken off in the precision they would have", () => {
  const [whole, less] = [30.5e9, 20e9].map((params) =>
    answerTo({ ...MIXTURE, params }, { maxModelLen: 4096, maxNumSeqs: 4 }),
  );
  if (!whole?.success || !less?.success) throw new Error("not placed");
  // 10.5e9 weights of 4.25 bits.
  expect(whole.memory.weightsBytes - less.memory.weightsBytes).toBeCloseTo((10.5e9 * 4.25) / 8, -2);
});

test("a total that is less than half of what the shape adds up to is of another model", () => {
  expect(answerTo({ ...MIXTURE, params: 1e9 })).toMatchObject({
    success: false,
    error: expect.stringMatching(/^mixture: params 1000000000 is less than half/) as unknown,
  });
});

const MIXED: ModelArgs = { ...MIXTURE, layerKinds: [{ layers: 40, mixer: { kind: "attention" } }] };

test.each<[field: string, model: ModelArgs, options: ScheduleOptionsArgs]>([
  ["layerKinds has 40 layers", MIXED, {}],
  ["up to 1.9e+28 parameters", { ...MIXTURE, layers: 1e9, hidden: 1e9, heads: 1e9 }, {}],
  ["maxNumBatchedTokens 64 is below a cache block", "Qwen/Qwen3.5-0.8B", { maxNumBatchedTokens: 64 }],
  ["speculative.model is missing", "Qwen/Qwen3-8B", { speculative: { method: "draft", tokens: 4 } }],
  ["is not in the catalog", "Qwen/Qwen3-8B", { speculative: { method: "draft", tokens: 4, model: "a/b" } }],
  ["fp8_e5m2", "deepseek-ai/DeepSeek-V3", { kvCacheDtype: "fp8_e5m2", tensorParallel: 8 }],
])("a model is refused with what is wrong: %s", (why, model, options) => {
  const answer = answerTo(model, options);
  const field = why.startsWith("up to") ? "add up to" : why;
  expect(answer).toMatchObject({ success: false, error: expect.stringContaining(field) as unknown });
});

/** Numbers as a person mistypes them: small, ordinary, and far too large. */
const number = fc.oneof(
  fc.integer({ min: 1, max: 64 }),
  fc.integer({ min: 1, max: 2 ** 31 }),
  fc.constant(2 ** 52),
);
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const kind = fc.record({
  layers: number,
  mixer: fc.oneof(
    fc.record(
      { kind: fc.constant("attention" as const), window: some(number), kvHeads: some(number) },
      { requiredKeys: ["kind"] },
    ),
    fc.record({ kind: fc.constant("latent" as const), kvLoraRank: number, qkRopeDim: number }),
    fc.record({
      kind: fc.constant("mamba" as const),
      heads: number,
      headDim: number,
      groups: number,
      stateSize: number,
      convKernel: number,
    }),
    fc.record({
      kind: fc.constant("compressed" as const),
      width: number,
      window: number,
      ratio: some(number),
    }),
    fc.record({ kind: fc.constant("convolution" as const), channels: number, convKernel: number }),
    fc.constant({ kind: "none" as const }),
  ),
});

const model = fc.record(
  {
    name: fc.constant("any"),
    layers: number,
    hidden: number,
    heads: number,
    ffn: number,
    vocab: number,
    kvHeads: some(number),
    headDim: some(number),
    params: some(number),
    visionParams: some(number),
    experts: some(fc.record({ count: number, active: number })),
    layerKinds: some(fc.array(kind, { minLength: 1, maxLength: 3 })),
    dtype: fc.constantFrom("bf16", "fp8", "mxfp4", "nvfp4", "q4_k"),
    encoder: some(fc.boolean()),
  },
  { requiredKeys: ["name", "layers", "hidden", "heads", "ffn", "vocab"] },
);

const options = fc.record(
  {
    maxModelLen: number,
    maxNumSeqs: number,
    maxNumBatchedTokens: number,
    kvCacheTokens: number,
    extraBytes: number,
    tensorParallel: fc.constantFrom(1, 2, 8),
    enforceEager: fc.boolean(),
    imagesPerPrompt: fc.nat(8),
    lora: fc.record({ maxLoras: fc.constantFrom(1, 64), maxLoraRank: fc.constantFrom(8, 512) }),
  },
  { requiredKeys: [] },
);

test("whatever shape and whatever limits are given, there is an answer", () => {
  fc.assert(
    fc.property(model, options, (shape, limits) => {
      const given = JSON.parse(JSON.stringify(shape)) as ModelArgs;
      expect(typeof answerTo(given, limits).success).toBe("boolean");
    }),
  );
});
