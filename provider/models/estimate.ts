import type { Bytes } from "../bytes.ts";
import type { Dtype } from "../schema/model.ts";
import { activationTerm } from "./activation.ts";
import { ARCHITECTURE } from "./architectures.ts";
import { calibrate } from "./calibration.ts";
import type { Serving } from "./defaults.ts";
import { kvCacheTerm } from "./kv-cache.ts";
import { type MemoryRange, type MemoryTerm, sumRanges } from "./memory-term.ts";
import { communicationTerm, graphsTerm, runtimeTerm } from "./overheads.ts";
import { resolvePrecision } from "./precision.ts";
import type { ModelShape } from "./shape.ts";
import { legalTensorParallel, MOST_RANKS, quantisationLayout } from "./tensor-parallel.ts";
import { weightsPerRank, weightsTerm } from "./weights.ts";

/** Memory of one rank, that is of one logical device: placed by `high`, reported as `best`. */
export interface MemoryEstimate extends MemoryRange {
  readonly terms: readonly MemoryTerm[];
  /** As stored, without what the engine adds. */
  readonly weightsBytes: Bytes;
  /** What the engine is told to take: the upper bound, so that the guarantee holds in every case. */
  readonly kvBytes: Bytes;
  /** What the weights are held in. */
  readonly dtype: Dtype;
}

export type EstimateResult =
  | { readonly ok: true; readonly estimate: MemoryEstimate }
  | { readonly ok: false; readonly error: string };

/** Memory of one of `tensorParallel` ranks. What the engine would refuse to start with is an error, not a number. */
export function estimateMemory(shape: ModelShape, serving: Serving, tensorParallel: number): EstimateResult {
  const dtype = resolvePrecision(shape, serving.precision);
  const error = refuse(shape, serving) ?? refuseSize(shape, dtype, tensorParallel);
  if (error !== undefined) return { ok: false, error };
  const kvCache = kvCacheTerm(shape, serving, tensorParallel);
  const activations = activationTerm(shape, serving, tensorParallel);
  const formulas = [
    weightsTerm(shape, dtype, tensorParallel),
    kvCache,
    activations,
    graphsTerm(shape),
    communicationTerm(tensorParallel),
    runtimeTerm(activations),
  ];
  const terms = calibrate(formulas, serving.calibration, serving, tensorParallel);
  return {
    ok: true,
    estimate: {
      ...sumRanges(terms),
      terms,
      weightsBytes: weightsPerRank(shape, dtype, tensorParallel),
      kvBytes: kvCache.high,
      dtype,
    },
  };
}

function refuse(shape: ModelShape, serving: Serving): string | undefined {
  const { maxModelLen, maxNumSeqs, maxNumBatchedTokens, kvCacheTokens } = serving;
  if (shape.maxContext !== undefined && maxModelLen > shape.maxContext) {
    return `maxModelLen ${maxModelLen} is above the longest context of ${shape.id}, ${shape.maxContext} tokens`;
  }
  if (maxNumBatchedTokens < maxNumSeqs) {
    return `maxNumBatchedTokens ${maxNumBatchedTokens} is below maxNumSeqs ${maxNumSeqs}: a step must have room for a token of every sequence`;
  }
  if (kvCacheTokens < maxModelLen) {
    return `kvCacheTokens ${kvCacheTokens} is below maxModelLen ${maxModelLen}: not one sequence of that length would fit`;
  }
  const { float16Refused } = ARCHITECTURE[shape.architecture];
  if (serving.precision === "fp16" && float16Refused !== undefined) {
    return `${shape.id} cannot run in fp16 (${float16Refused}): use bf16`;
  }
  return undefined;
}

function refuseSize(shape: ModelShape, dtype: Dtype, tensorParallel: number): string | undefined {
  const most = tensorParallel > MOST_RANKS.gpu ? MOST_RANKS.host : MOST_RANKS.gpu;
  const legal = legalTensorParallel(shape, quantisationLayout(shape, dtype), most);
  return legal.includes(tensorParallel)
    ? undefined
    : `${shape.id} in ${dtype} cannot be divided over ${tensorParallel} devices: its heads and widths allow ${legal.join(", ")}`;
}
