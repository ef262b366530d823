import { lookupModel } from "../../../provider/models/catalog/catalog.ts";
import type { ModelShape } from "../../../provider/models/shape/shape.ts";

/** @throws Error when the catalog does not have it */
export function model(id: string): ModelShape {
  const found = lookupModel(id);
  if (!found.ok) throw new Error(found.error);
  return found.model;
}

/** Batch limits that vLLM has by default, for small and for large devices. */
export const SMALL_BATCH = { maxModelLen: 8192, maxNumSeqs: 256, maxNumBatchedTokens: 2048 } as const;
export const LARGE_BATCH = { ...SMALL_BATCH, maxNumBatchedTokens: 8192 } as const;

/** What most logs have in common. */
export const ONE_RANK = {
  tensorParallel: 1,
  platform: "CUDA",
  totalHoldsGraphs: false,
  fitted: [],
  fittedBounds: [],
} as const;
