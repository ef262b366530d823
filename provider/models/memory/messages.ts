import { defineMessages } from "../../message.ts";

interface OfModel {
  readonly id: string;
}

/** Why a model cannot be served as asked, each with what to change. */
/** What to know before relying on an estimate. */
export const modelWarnings = defineMessages({
  "images-limited": ({ id, images }: OfModel & { readonly images: number }) =>
    `${id} sees: the estimate and engineArgs allow ${images} image${images === 1 ? "" : "s"} and no video in a prompt; set imagesPerPrompt for more images, or to 0 to serve text alone`,
  "attention-of-images": ({ id }: OfModel) =>
    `the vision tower of ${id} is counted with attention that needs no table of all patches: set imagesPerPrompt to 0, or check the first start, where vLLM on ROCm has no such kernel for it`,
  "experts-dealt-out": ({ id }: OfModel) =>
    `expertParallel of ${id} is counted as if every rank had as many experts: a rank that has more needs more`,
  "cache-packing-unproven": ({ id }: OfModel) =>
    `the KV cache of ${id} is counted kind by kind: how vLLM packs compressed keys and windows into pages was held against no log, and can take more`,
});

export const modelMessages = defineMessages({
  "context-too-long": ({
    id,
    maxModelLen,
    maxContext,
  }: OfModel & { readonly maxModelLen: number; readonly maxContext: number }) =>
    `maxModelLen ${maxModelLen} is above the longest context of ${id}, ${maxContext} tokens`,
  "batch-below-sequences": ({
    maxNumBatchedTokens,
    maxNumSeqs,
  }: {
    readonly maxNumBatchedTokens: number;
    readonly maxNumSeqs: number;
  }) =>
    `maxNumBatchedTokens ${maxNumBatchedTokens} is below maxNumSeqs ${maxNumSeqs}: a step must have room for a token of every sequence`,
  "cache-below-sequence": ({
    kvCacheTokens,
    maxModelLen,
  }: {
    readonly kvCacheTokens: number;
    readonly maxModelLen: number;
  }) =>
    `kvCacheTokens ${kvCacheTokens} is below maxModelLen ${maxModelLen}: not one sequence of that length would fit`,
  "batch-below-block": ({
    id,
    maxNumBatchedTokens,
    blockTokens,
  }: OfModel & { readonly maxNumBatchedTokens: number; readonly blockTokens: number }) =>
    `maxNumBatchedTokens ${maxNumBatchedTokens} is below a cache block of ${id}, ${blockTokens} tokens, and vLLM with prefix caching does not start; set maxNumBatchedTokens to ${blockTokens} or more, or prefixCaching to false`,
  "float16-refused": ({ id, why }: OfModel & { readonly why: string }) =>
    `${id} cannot run in fp16 (${why}): use bf16`,
  "cache-e5m2-refused": ({ id }: OfModel) =>
    `vLLM has no fp8_e5m2 KV cache for ${id}, whose weights are in fp8: set kvCacheDtype to fp8_e4m3`,
  "speculation-on-sglang": ({ id }: OfModel) =>
    `speculative of ${id} is estimated for vLLM alone: leave it out, or reserve its memory with extraBytes`,
  "draft-missing": ({ id, method }: OfModel & { readonly method: string }) =>
    `speculative.model is missing: the method "${method}" of ${id} needs the id of the model that guesses`,
  "draft-unknown": ({ id, model }: OfModel & { readonly model: string }) =>
    `speculative.model "${model}" of ${id} is not in the catalog; take a draft model of the catalog, or reserve its memory with extraBytes and leave speculative out`,
  "ranks-not-allowed": ({
    id,
    dtype,
    tensorParallel,
    allowed,
  }: OfModel & {
    readonly dtype: string;
    readonly tensorParallel: number;
    readonly allowed: readonly number[];
  }) =>
    `${id} in ${dtype} cannot be divided over ${tensorParallel} devices: its heads and widths allow ${allowed.join(", ")}`,
  "shape-contradicts-itself": ({
    id,
    field,
    why,
  }: OfModel & { readonly field: string; readonly why: string }) => `${id}: ${field} ${why}`,
});
