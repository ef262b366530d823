import type { Bytes } from "../../bytes.ts";
import type { Message } from "../../message.ts";
import type { Dtype } from "../../schema/precision.ts";
import { resolvePrecision } from "../shape/precision.ts";
import type { ModelShape } from "../shape/shape.ts";
import { activationTerm } from "./activation.ts";
import { adaptersTerm } from "./adapters.ts";
import { calibrate } from "./calibrate.ts";
import { kvCacheTerm } from "./kv-cache/kv-cache.ts";
import { type MemoryRange, memoryRange, type MemoryTerm, sumRanges } from "./memory-term.ts";
import { modelMessages } from "./messages.ts";
import { attentionWorkspace, communicationTerm, graphsTerm, runtimeTerm } from "./overheads.ts";
import { type Platform, platformOf } from "./platform.ts";
import { refuseServing } from "./refusals.ts";
import type { Serving } from "./serving.ts";
import { refuseShape } from "./shape-refusal.ts";
import { speculationTerm } from "./speculation.ts";
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
  | {
      readonly ok: false;
      readonly error: string;
      /** Which refusal it is, and its numbers. */
      readonly refusal: Message;
    };

/**
 * Memory of one of `tensorParallel` ranks. What the engine would refuse to start with is an error, not a number.
 *
 * @param platform constants of the GPU; others than its own only where constants are fitted
 */
export function estimateMemory(
  shape: ModelShape,
  serving: Serving,
  tensorParallel: number,
  platform: Platform = platformOf(serving.gpuArchitecture),
): EstimateResult {
  const dtype = resolvePrecision(shape, serving.precision);
  const refusal =
    refuseShape(shape, dtype) ??
    refuseServing(shape, serving, tensorParallel) ??
    refuseSize(shape, dtype, tensorParallel);
  if (refusal !== undefined) return { ok: false, error: refusal.text, refusal };
  const kvCache = kvCacheTerm(shape, serving, tensorParallel);
  const activations = activationTerm(shape, serving, tensorParallel, platform);
  const workspace = attentionWorkspace(shape, serving, tensorParallel);
  const formulas = [
    weightsTerm(shape, dtype, tensorParallel, serving.gpuArchitecture),
    kvCache,
    activations,
    graphsTerm(shape, serving),
    communicationTerm(platform, tensorParallel),
    runtimeTerm(activations, platform, workspace),
    adaptersTerm(shape, serving, tensorParallel),
    speculationTerm(shape, serving, dtype, tensorParallel),
    extraTerm(serving),
  ].filter((term) => term !== undefined);
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

function extraTerm({ extraBytes }: Serving): MemoryTerm | undefined {
  if (!extraBytes) return undefined;
  const range = memoryRange(extraBytes, extraBytes, extraBytes);
  return { name: "extra", ...range, reason: "extraBytes, as declared", calibrated: false };
}

function refuseSize(shape: ModelShape, dtype: Dtype, tensorParallel: number): Message | undefined {
  const most = tensorParallel > MOST_RANKS.gpu ? MOST_RANKS.host : MOST_RANKS.gpu;
  const allowed = legalTensorParallel(shape, quantisationLayout(shape, dtype), most);
  return allowed.includes(tensorParallel)
    ? undefined
    : modelMessages["ranks-not-allowed"]({ id: shape.id, dtype, tensorParallel, allowed });
}
