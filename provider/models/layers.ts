import type { ModelShape } from "./shape.ts";

/** Layers that see the whole context; all of them when the layout of the others is not known. */
export function fullAttentionLayers(shape: ModelShape): number {
  if (shape.fullAttentionLayers !== undefined) return shape.fullAttentionLayers;
  const every = shape.linearAttention?.fullAttentionEvery ?? shape.slidingWindow?.fullAttentionEvery;
  return every === undefined ? shape.layers : Math.floor(shape.layers / every);
}
