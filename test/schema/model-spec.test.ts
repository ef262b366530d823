import { expect, test } from "vitest";

import { modelSchema, modelSpecSchema } from "../../provider/schema/model-spec.ts";
import { scheduleOptionsSchema } from "../../provider/schema/placement.ts";
import { servingSchema } from "../../provider/schema/serving.ts";

const TINY = { name: "org/tiny", layers: 2, hidden: 64, heads: 4, ffn: 128, vocab: 1000 };

const STATES = {
  fullAttentionEvery: 2,
  keyHeads: 2,
  valueHeads: 4,
  keyHeadDim: 16,
  valueHeadDim: 16,
  convKernel: 4,
};

const problems = (result: {
  error?: { issues: readonly { path: readonly PropertyKey[]; message: string }[] };
}) => result.error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

test("serving has few defaults of its own; those that depend on the model are left open", () => {
  expect(servingSchema.parse({})).toEqual({ precision: "native", kvCacheDtype: "auto", engine: "vllm" });
  expect(scheduleOptionsSchema.parse({})).toEqual({
    precision: "native",
    kvCacheDtype: "auto",
    engine: "vllm",
    tensorParallel: "auto",
    strategy: "pack",
    exclusive: false,
  });
});

test.each([
  [{ precision: "int3" }, "precision"],
  [{ kvCacheDtype: "int8" }, "kvCacheDtype"],
  [{ maxModelLen: 0 }, "maxModelLen"],
  [{ maxNumSeqs: 1.5 }, "maxNumSeqs"],
  [{ tensorParallel: "all" }, "tensorParallel"],
  [{ pin: { gpus: [] } }, "pin.gpus"],
  [{ pin: { devices: ["0000:0c:00.1"] } }, "pin"],
])("%o is refused at %s", (options, path) => {
  const result = scheduleOptionsSchema.safeParse(options);
  expect(result.error?.issues.map((issue) => issue.path.join("."))).toEqual([path]);
});

test("a field nobody knows is refused, not ignored", () => {
  expect(problems(servingSchema.safeParse({ maxSeqs: 4 }))).toEqual([': Unrecognized key: "maxSeqs"']);
});

test("a spec needs the shape and nothing else", () => {
  expect(modelSpecSchema.parse(TINY)).toEqual({ ...TINY, architecture: "llama", tied: false, dtype: "bf16" });
});

test.each([
  [{ ...TINY, heads: 5 }, "headDim: is needed: hidden 64 is not a multiple of heads 5"],
  [{ ...TINY, kvHeads: 3 }, "kvHeads: 3 does not divide heads 4"],
  [{ ...TINY, experts: { count: 4, active: 5 } }, "experts: 5 active of 4"],
  [
    { ...TINY, headDim: 64, mla: { kvLoraRank: 512, qkRopeDim: 64 } },
    "headDim: must be larger than mla.qkRopeDim 64",
  ],
  [
    { ...TINY, linearAttention: { ...STATES, fullAttentionEvery: 4 } },
    "linearAttention: has no ordinary layer among 2",
  ],
  [
    { ...TINY, headDim: 128, mla: { kvLoraRank: 512, qkRopeDim: 64 }, linearAttention: STATES },
    "linearAttention: is not known together with mla",
  ],
  [{ ...TINY, visionParams: 5 }, "visionParams: is part of params, which must be given and be larger"],
])("fields that contradict each other are named: %#", (spec, problem) => {
  expect(problems(modelSpecSchema.safeParse(spec))).toEqual([problem]);
});

test("a model is an id or a shape, and a mistake inside the shape is shown", () => {
  expect(modelSchema.parse("org/tiny")).toBe("org/tiny");
  expect(modelSchema.parse(TINY)).toMatchObject({ name: "org/tiny", dtype: "bf16" });
  expect(problems(modelSchema.safeParse(5))).toEqual([": must be a model id or the shape of a model"]);
  expect(problems(modelSchema.safeParse({ ...TINY, layers: "2" }))).toEqual([
    ": layers: Invalid input: expected number, received string",
  ]);
  expect(problems(modelSchema.safeParse({ ...TINY, layer: 2 }))).toEqual([': Unrecognized key: "layer"']);
});
