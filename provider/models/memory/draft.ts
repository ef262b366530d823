import type { LayerKind } from "../../schema/model-layers.ts";
import { lookupModel } from "../catalog/catalog.ts";
import { layerKindsOf } from "../shape/layer-kinds.ts";
import type { ModelShape } from "../shape/shape.ts";
import type { Serving } from "./serving.ts";

/** The draft model of the catalog; undefined where there is none of that name. */
export function draftOf({ speculative }: Serving): ModelShape | undefined {
  if (speculative?.method !== "draft" || speculative.model === undefined) return undefined;
  const found = lookupModel(speculative.model);
  return found.ok ? found.model : undefined;
}

/** Layers that the guessing adds to the model's own cache. */
export function draftKinds(shape: ModelShape, serving: Serving): readonly LayerKind[] {
  if (serving.speculative === undefined || serving.speculative.method === "draft") return [];
  return [wholeContextLayer(shape)];
}

/** A layer of the kind that sees the whole context, which is what a head or a prediction layer is made of. */
export function wholeContextLayer(shape: ModelShape): LayerKind {
  const whole = layerKindsOf(shape).find(
    ({ mixer }) => mixer.kind === "latent" || (mixer.kind === "attention" && mixer.window === undefined),
  );
  return { layers: 1, mixer: whole?.mixer ?? { kind: "attention" } };
}
