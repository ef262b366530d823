import { lookupModel } from "../../provider/models/catalog/catalog.ts";
import { estimateMemory, type MemoryEstimate } from "../../provider/models/memory/estimate.ts";
import type { MemoryTerm, TermName } from "../../provider/models/memory/memory-term.ts";
import { resolveServing, type Serving } from "../../provider/models/memory/serving.ts";
import { type LinearAttention, type ModelShape, shapeOfSpec } from "../../provider/models/shape/shape.ts";
import { type ModelSpecArgs, modelSpecSchema } from "../../provider/schema/model-spec.ts";
import { servingSchema } from "../../provider/schema/serving.ts";

export function catalogShape(id: string): ModelShape {
  const lookup = lookupModel(id);
  if (!lookup.ok) throw new Error(lookup.error);
  return lookup.model;
}

export const specShape = (spec: ModelSpecArgs): ModelShape => shapeOfSpec(modelSpecSchema.parse(spec));

/** Served as in the logs: vLLM's own defaults of that time, unless said otherwise. */
export const servingOf = (shape: ModelShape, options: object = {}): Serving =>
  resolveServing(shape, servingSchema.parse(options));

export function estimateOf(shape: ModelShape, options: object = {}, tensorParallel = 1): MemoryEstimate {
  const result = estimateMemory(shape, servingOf(shape, options), tensorParallel);
  if (!result.ok) throw new Error(result.error);
  return result.estimate;
}

export function termOf(estimate: MemoryEstimate, name: TermName): MemoryTerm {
  const term = estimate.terms.find((candidate) => candidate.name === name);
  if (!term) throw new Error(`no term ${name}`);
  return term;
}

/** Rounded as logs print it. */
export const inGibibytes = (value: number, digits = 2): number => Number((value / 1024 ** 3).toFixed(digits));

export const LLAMA_8B = catalogShape("meta-llama/Llama-3.1-8B");

/** The model of the ROCm logs. Its layers have two matrices instead of three, so its parameters are given. */
export const OPT_125M = specShape({
  name: "facebook/opt-125m",
  layers: 12,
  hidden: 768,
  heads: 12,
  ffn: 3072,
  vocab: 50_272,
  tied: true,
  params: 125_239_296,
  maxContext: 2048,
  dtype: "fp16",
});

export const LLAMA_2_7B = specShape({
  name: "meta-llama/Llama-2-7b-hf",
  layers: 32,
  hidden: 4096,
  heads: 32,
  ffn: 11_008,
  vocab: 32_000,
  maxContext: 4096,
  dtype: "fp16",
});

export const LLAMA_2_13B = specShape({
  name: "meta-llama/Llama-2-13b-hf",
  layers: 40,
  hidden: 5120,
  heads: 40,
  ffn: 13_824,
  vocab: 32_000,
  maxContext: 4096,
  dtype: "fp16",
});

/** Recurrent states as in the config.json of Qwen3-Next. */
export const GATED_DELTA: LinearAttention = {
  fullAttentionEvery: 4,
  keyHeads: 16,
  valueHeads: 32,
  keyHeadDim: 128,
  valueHeadDim: 128,
  convKernel: 4,
};

/** Its config.json, of which Qwen3-Coder-Next has the same shape: the model of log R9. */
export const QWEN3_NEXT = specShape({
  name: "Qwen/Qwen3-Next-80B-A3B-Instruct",
  architecture: "qwen3-next",
  layers: 48,
  hidden: 2048,
  heads: 16,
  kvHeads: 2,
  headDim: 256,
  ffn: 512,
  experts: { count: 512, active: 10 },
  vocab: 151_936,
  maxContext: 262_144,
  linearAttention: GATED_DELTA,
});
