import type { VisionTower } from "../shape/vision-towers.ts";
import type { Serving } from "./serving.ts";

/** Images that one prompt may carry. */
export const imagesPerPrompt = (serving: Serving): number => serving.imagesPerPrompt ?? 1;

/**
 * Images that vLLM sends through the tower at once when it starts, each of the largest size: as many as a step's tokens have
 * room for, at least one (`MultiModalBudget`, vLLM 0.33.0).
 */
export function profiledImages(tower: VisionTower, serving: Serving): number {
  const most = imagesPerPrompt(serving) * serving.maxNumSeqs;
  return Math.min(most, Math.max(1, Math.floor(serving.maxNumBatchedTokens / tower.tokens)));
}
