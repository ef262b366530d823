import type { Bytes } from "../bytes.ts";
import type { MemoryEstimate } from "../models/memory/estimate.ts";
import type { Serving } from "../models/memory/serving.ts";
import type { ModelShape } from "../models/shape/shape.ts";
import type { Precision } from "../schema/precision.ts";

/** What the flags of an engine are made of. */
export interface EngineInput {
  readonly shape: ModelShape;
  readonly serving: Serving;
  /** Of one rank. */
  readonly memory: MemoryEstimate;
  readonly tensorParallel: number;
  /** Of the smallest device the model is on. */
  readonly deviceCapacity: Bytes;
}

/** What the model computes in, by PyTorch's names, which both engines take; a quantised checkpoint says it itself. */
export const COMPUTE_DTYPE: Readonly<Partial<Record<Precision, string>>> = {
  fp32: "float32",
  bf16: "bfloat16",
  fp16: "float16",
};
