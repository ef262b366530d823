import { defineMessages } from "../../message.ts";

interface OfModel {
  readonly id: string;
}

/** Why a model cannot be served as asked, each with what to change. */
/** What to know before relying on an estimate. */
export const modelWarnings = defineMessages({
  "images-limited": ({ id, images }: OfModel & { readonly images: number }) =>
    `${id} accepts images: the estimate and engineArgs allow ${images} image${images === 1 ? "" : "s"} and no video per prompt; set imagesPerPrompt to allow more images, or to 0 to serve text only`,
  "attention-of-images": ({ id }: OfModel) =>
    `the estimate for the vision tower of ${id} assumes an attention kernel that does not build a table of all patches: where vLLM on ROCm has no such kernel, check the memory of the first start, or set imagesPerPrompt to 0`,
  "experts-dealt-out": ({ id }: OfModel) =>
    `the estimate for expertParallel of ${id} assumes that every rank has the same number of experts; a rank with more experts needs more memory`,
  "cache-packing-unproven": ({ id }: OfModel) =>
    `the KV cache of ${id} is estimated for each kind of layer; how vLLM packs compressed keys and windows into pages was not verified against a log, and can take more memory`,
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
    `maxNumBatchedTokens ${maxNumBatchedTokens} is below maxNumSeqs ${maxNumSeqs}: a step must have room for one token of every sequence`,
  "cache-below-sequence": ({
    kvCacheTokens,
    maxModelLen,
  }: {
    readonly kvCacheTokens: number;
    readonly maxModelLen: number;
  }) =>
    `kvCacheTokens ${kvCacheTokens} is below maxModelLen ${maxModelLen}: no sequence of that length would fit`,
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
    `speculative of ${id} is estimated for vLLM only; remove it, or reserve its memory with extraBytes`,
  "draft-missing": ({ id, method }: OfModel & { readonly method: string }) =>
    `speculative.model is missing: the method "${method}" of ${id} needs the id of a draft model`,
  "draft-unknown": ({ id, model }: OfModel & { readonly model: string }) =>
    `speculative.model "${model}" of ${id} is not in the catalog; use a draft model from the catalog, or reserve its memory with extraBytes and remove speculative`,
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
    `${id} in ${dtype} cannot be divided over ${tensorParallel} devices: its attention heads and layer widths allow ${allowed.join(", ")}`,
  "shape-contradicts-itself": ({
    id,
    field,
    why,
  }: OfModel & { readonly field: string; readonly why: string }) => `${id}: ${field} ${why}`,
});
