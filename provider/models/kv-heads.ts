import type { ModelShape } from "./shape.ts";

/** Key and value heads one rank holds: a head is never divided, so more ranks than heads hold copies. */
export const kvHeadsPerRank = (shape: ModelShape, tensorParallel: number): number =>
  shape.mla ? 1 : Math.max(1, Math.floor(shape.kvHeads / tensorParallel));
