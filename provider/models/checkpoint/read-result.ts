import type { ModelShape } from "../shape/shape.ts";

/** A shape, and what was read to get it. */
export interface ReadCheckpoint {
  readonly shape: ModelShape;
  /** "config.json and the headers of 4 safetensors files (291 tensors)" */
  readonly read: string;
}
