import { describe, expect, test } from "vitest";

import { allocationArgsSchema } from "../../provider/schema/allocation.ts";
import { type Mistake, sentencesOf, startsOf, unknownFields, wrongTypes } from "./mistakes.ts";

const IDENTITY = { key: "project/dev/llama", urn: "urn:pulumi:dev::project::t::llama" };

const SPEC = {
  name: "org/model",
  architecture: "qwen3",
  layers: 32,
  hidden: 4096,
  heads: 32,
  kvHeads: 8,
  headDim: 128,
  ffn: 14_336,
  experts: { count: 8, active: 2 },
  vocab: 128_256,
  tied: true,
  params: 8_030_261_248,
  weightsBytes: 16_060_522_496,
  maxContext: 131_072,
  slidingWindow: { window: 4096, fullAttentionEvery: 6 },
  mla: { kvLoraRank: 512, qkRopeDim: 64 },
  dtype: "bf16",
};

/** Every field a user of a ModelAllocation can write. */
const WRITTEN = {
  model: SPEC,
  precision: "fp8",
  kvCacheDtype: "fp8_e4m3",
  maxModelLen: 8192,
  maxNumSeqs: 16,
  maxNumBatchedTokens: 2048,
  kvCacheTokens: 65_536,
  tensorParallel: 2,
  strategy: "spread",
  exclusive: true,
  pin: { gpus: ["0000:0c:00.0"], partitions: ["0000:22:00.1"] },
  engine: "vllm",
};

/** What the resource adds from the GpuPartitionConfigs it was given. */
const ADDED = {
  gpus: [
    {
      hostId: "host-1",
      layout: { "0000:0c:00.0": "SPX/NPS1" },
      partitions: [
        {
          id: "0000:0c:00.0",
          count: 1,
          index: 0,
          computeUnits: 304,
          capacity: 206_141_652_992,
          domain: "0000:0c:00/nps1.0",
          perDomain: 1,
        },
      ],
      memoryDomains: [{ id: "0000:0c:00/nps1.0", count: 1, capacity: 206_141_652_992 }],
      deviceNodes: { renderNodes: { "0000:0c:00.0": "/dev/dri/renderD128" }, groups: ["44", "109"] },
    },
  ],
  hosts: [{ connection: { host: "gpu1" }, identity: IDENTITY }],
  identity: IDENTITY,
};

const check = (args: object): readonly string[] =>
  sentencesOf(allocationArgsSchema, { ...ADDED, model: "org/model", ...args });

describe("an allocation", () => {
  test("may have every field there is, and needs a model only", () => {
    expect(check(WRITTEN)).toEqual([]);
    expect(check({})).toEqual([]);
    expect(sentencesOf(allocationArgsSchema, ADDED)).toEqual([
      "model is missing; it must be a string or an object",
    ]);
  });

  // A text in the place of a shape is a model's id.
  test.each<Mistake>(wrongTypes(WRITTEN).filter(({ path }) => path !== "model"))(
    "with $path of another type has one sentence about it",
    ({ path, input }) => {
      expect(startsOf(check(input as object), path)).toEqual([`${path} `]);
    },
  );

  test.each<Mistake>(wrongTypes(ADDED))(
    "with $path of another type, as no resource gives it, is refused at it",
    ({ path, input }) => {
      expect(startsOf(check(input as object), path)).toEqual([`${path} `]);
    },
  );

  test.each<Mistake>(unknownFields(WRITTEN))(
    "with the unknown field $path has one sentence about it",
    ({ path, input }) => {
      expect(check(input as object)).toEqual([`${path} is not a known property`]);
    },
  );
});

describe("a value out of range is told the range:", () => {
  test.each([
    [{ model: "" }, "model must be at least 1 character(s) long"],
    [{ model: { ...SPEC, layers: 0 } }, "model.layers must be more than 0 (it is 0)"],
    [{ model: { ...SPEC, vocab: 1.5 } }, "model.vocab must be a whole number (it is 1.5)"],
    [{ model: { ...SPEC, architecture: "gpt2" } }, "model.architecture must be one of llama, llama4,"],
    [{ model: { ...SPEC, dtype: "native" } }, "model.dtype must be one of fp32, bf16,"],
    [{ precision: "int3" }, "precision must be one of native, fp32,"],
    [{ kvCacheDtype: "int8" }, "kvCacheDtype must be one of auto, fp16,"],
    [{ maxModelLen: 0 }, "maxModelLen must be more than 0 (it is 0)"],
    [{ maxNumSeqs: -1 }, "maxNumSeqs must be more than 0 (it is -1)"],
    [{ maxNumBatchedTokens: 0.5 }, "maxNumBatchedTokens must be a whole number (it is 0.5)"],
    [{ kvCacheTokens: 0 }, "kvCacheTokens must be more than 0 (it is 0)"],
    [{ tensorParallel: 0 }, "tensorParallel must be more than 0 (it is 0)"],
    [{ tensorParallel: "all" }, 'tensorParallel must be "auto" or a number (it is "all")'],
    [{ strategy: "best" }, 'strategy must be one of pack, spread (it is "best")'],
    [{ pin: { gpus: [] } }, "pin.gpus must be at least 1 element(s)"],
    [{ pin: { partitions: [""] } }, "pin.partitions[0] must be at least 1 character(s) long"],
    [{ engine: "tgi" }, 'engine must be one of vllm, sglang (it is "tgi")'],
    [{ gpus: [] }, "gpus must be at least 1 element(s)"],
    [{ hosts: [] }, "hosts must be at least 1 element(s)"],
  ])("%j", (args, sentence) => {
    const [found = "", ...more] = check(args);
    expect(found.startsWith(sentence) ? sentence : found).toBe(sentence);
    expect(more).toEqual([]);
  });
});

describe("a shape that cannot be has one sentence:", () => {
  test.each([
    [
      { headDim: undefined, heads: 30, kvHeads: 6 },
      "model.headDim is needed: hidden 4096 is not a multiple of heads 30",
    ],
    [{ kvHeads: 5 }, "model.kvHeads 5 does not divide heads 32"],
    [{ experts: { count: 2, active: 4 } }, "model.experts 4 active of 2"],
    [{ headDim: 64 }, "model.headDim must be larger than mla.qkRopeDim 64"],
  ])("%j", (changes, sentence) => {
    expect(check({ model: { ...SPEC, ...changes } })).toEqual([sentence]);
  });
});
