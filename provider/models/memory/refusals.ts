import { lookupModel } from "../catalog/catalog.ts";
import { ARCHITECTURE } from "../shape/architectures.ts";
import { isQuantised, kvElementBytes, resolvePrecision } from "../shape/precision.ts";
import type { ModelShape } from "../shape/shape.ts";
import { kvBlockTokens } from "./kv-cache/block-tokens.ts";
import { modelMessages } from "./messages.ts";
import type { Serving } from "./serving.ts";

type Refusal = ReturnType<(typeof modelMessages)[keyof typeof modelMessages]>;

/** Why an engine would not start, or would not do what it was asked for; undefined where nothing is in the way. */
export function refuseServing(
  shape: ModelShape,
  serving: Serving,
  tensorParallel: number,
): Refusal | undefined {
  return (
    refuseLimits(shape, serving) ??
    refuseBatch(shape, serving, tensorParallel) ??
    refusePrecision(shape, serving) ??
    refuseSpeculation(shape, serving)
  );
}

function refuseLimits(shape: ModelShape, serving: Serving): Refusal | undefined {
  const { maxModelLen, maxNumSeqs, maxNumBatchedTokens, kvCacheTokens } = serving;
  if (shape.maxContext !== undefined && maxModelLen > shape.maxContext) {
    return modelMessages["context-too-long"]({ id: shape.id, maxModelLen, maxContext: shape.maxContext });
  }
  if (maxNumBatchedTokens < maxNumSeqs) {
    return modelMessages["batch-below-sequences"]({ maxNumBatchedTokens, maxNumSeqs });
  }
  if (kvCacheTokens < maxModelLen) {
    return modelMessages["cache-below-sequence"]({ kvCacheTokens, maxModelLen });
  }
  return undefined;
}

/**
 * With prefix caching a recurrent state is kept where a block ends, so a step must reach from one end to the next
 * (asserted by vLLM, `mamba_cache_mode` "align").
 */
function refuseBatch(shape: ModelShape, serving: Serving, tensorParallel: number): Refusal | undefined {
  if (serving.prefixCaching === false || serving.engine === "sglang") return undefined;
  const element = kvElementBytes(serving.kvCacheDtype, resolvePrecision(shape, serving.precision));
  const blockTokens = kvBlockTokens(shape, element, tensorParallel);
  const { maxNumBatchedTokens } = serving;
  return maxNumBatchedTokens < blockTokens
    ? modelMessages["batch-below-block"]({ id: shape.id, maxNumBatchedTokens, blockTokens })
    : undefined;
}

function refusePrecision(shape: ModelShape, serving: Serving): Refusal | undefined {
  const { float16Refused } = ARCHITECTURE[shape.architecture];
  if (serving.precision === "fp16" && float16Refused !== undefined) {
    return modelMessages["float16-refused"]({ id: shape.id, why: float16Refused });
  }
  const dtype = resolvePrecision(shape, serving.precision);
  // `vllm/model_executor/layers/attention/attention.py`, 0.33.0.
  return serving.engine !== "sglang" &&
    serving.kvCacheDtype === "fp8_e5m2" &&
    dtype === "fp8" &&
    isQuantised(dtype)
    ? modelMessages["cache-e5m2-refused"]({ id: shape.id })
    : undefined;
}

function refuseSpeculation(shape: ModelShape, { speculative, engine }: Serving): Refusal | undefined {
  if (!speculative) return undefined;
  if (engine === "sglang") return modelMessages["speculation-on-sglang"]({ id: shape.id });
  const { method, model } = speculative;
  if (method === "mtp") return undefined;
  if (model === undefined) return modelMessages["draft-missing"]({ id: shape.id, method });
  return method === "draft" && !lookupModel(model).ok
    ? modelMessages["draft-unknown"]({ id: shape.id, model })
    : undefined;
}
