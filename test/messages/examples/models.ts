import type { modelMessages, modelWarnings } from "../../../provider/models/memory/messages.ts";
import { type ExamplesOf, MODEL } from "./examples.ts";

const id = MODEL;

export const warnings: ExamplesOf<typeof modelWarnings> = {
  "images-limited": [[{ id, images: 1 }], [{ id, images: 4 }]],
  "attention-of-images": [[{ id }]],
  "experts-dealt-out": [[{ id }]],
  "cache-packing-unproven": [[{ id }]],
};

export const model: ExamplesOf<typeof modelMessages> = {
  "context-too-long": [[{ id, maxModelLen: 200_000, maxContext: 131_072 }]],
  "batch-below-sequences": [[{ maxNumBatchedTokens: 8, maxNumSeqs: 16 }]],
  "cache-below-sequence": [[{ kvCacheTokens: 4096, maxModelLen: 8192 }]],
  "batch-below-block": [[{ id, maxNumBatchedTokens: 512, blockTokens: 784 }]],
  "float16-refused": [[{ id, why: "its activations overflow" }]],
  "cache-e5m2-refused": [[{ id }]],
  "speculation-on-sglang": [[{ id }]],
  "draft-missing": [[{ id, method: "draft" }]],
  "draft-unknown": [[{ id, model: "my-org/draft" }]],
  "ranks-not-allowed": [[{ id, dtype: "bf16", tensorParallel: 3, allowed: [1, 2, 4, 8] }]],
  "shape-contradicts-itself": [[{ id, field: "layerKinds", why: "has 30 layers, but layers is 32" }]],
};
