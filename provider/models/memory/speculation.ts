import type { Dtype } from "../../schema/precision.ts";
import { ARCHITECTURE } from "../shape/architectures.ts";
import { mixerParameters } from "../shape/mixer-parameters.ts";
import { bytesPerWeight, resolvePrecision } from "../shape/precision.ts";
import type { ModelShape } from "../shape/shape.ts";
import { draftOf, wholeContextLayer } from "./draft.ts";
import { memoryRange, type MemoryTerm } from "./memory-term.ts";
import type { Serving } from "./serving.ts";
import { predictionBytes, weightsTerm } from "./weights.ts";

/** Weights of what guesses the next tokens, on one rank. Its keys and values are part of the KV cache. */
export function speculationTerm(
  shape: ModelShape,
  serving: Serving,
  dtype: Dtype,
  tensorParallel: number,
): MemoryTerm | undefined {
  const { speculative } = serving;
  if (!speculative) return undefined;
  switch (speculative.method) {
    case "mtp": {
      const known = predictionBytes(shape, dtype, tensorParallel);
      const size = known > 0 ? known : layerBytes(shape, dtype, tensorParallel);
      return term(`its prediction layer, ${speculative.tokens} tokens at a time`, size);
    }
    case "eagle":
      return term(
        `an EAGLE head of one layer, ${speculative.tokens} tokens at a time`,
        layerBytes(withoutExperts(shape), "bf16", tensorParallel),
      );
    case "draft": {
      const draft = draftOf(serving);
      if (!draft) return undefined;
      const { low, best, high } = weightsTerm(draft, resolvePrecision(draft, "native"), tensorParallel);
      return {
        name: "speculation",
        ...memoryRange(low, best, high),
        reason: `the draft model ${draft.id}, ${speculative.tokens} tokens at a time`,
        calibrated: false,
      };
    }
  }
}

/** Twice as much at most: what a head or a layer has of its own, such as tables and a second norm, differs by family. */
const term = (reason: string, size: number): MemoryTerm => ({
  name: "speculation",
  ...memoryRange(size, size, 2 * size),
  reason,
  calibrated: false,
});

/** One layer of the model's own kind, and the projection that joins its two inputs. */
function layerBytes(shape: ModelShape, dtype: Dtype, tensorParallel: number): number {
  const architecture = ARCHITECTURE[shape.architecture];
  const mixer = mixerParameters(shape, architecture, wholeContextLayer(shape).mixer);
  const forward = 3 * shape.hidden * shape.ffn * (shape.experts ? shape.experts.count + 1 : 1);
  const divided = mixer.divided + mixer.keyValue + forward + 2 * shape.hidden ** 2;
  return (divided / tensorParallel + mixer.latent) * bytesPerWeight(dtype, shape.groupSize);
}

function withoutExperts(shape: ModelShape): ModelShape {
  const { experts: _, ...dense } = shape;
  return dense;
}
