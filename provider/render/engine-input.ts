import type { Bytes } from "../bytes.ts";
import type { Serving } from "../models/defaults.ts";
import type { MemoryEstimate } from "../models/estimate.ts";
import type { ModelShape } from "../models/shape.ts";

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
