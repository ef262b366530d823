import type { ModelShape } from "./shape.ts";

/** Key and value heads one rank holds: a head is never divided, so more ranks than heads hold copies. */
export const kvHeadsPerRank = (shape: ModelShape, tensorParallel: number): number =>
  shape.mla ? 1 : headsPerRank(shape.kvHeads, tensorParallel);

export const headsPerRank = (kvHeads: number, tensorParallel: number): number =>
  Math.max(1, Math.floor(kvHeads / tensorParallel));
