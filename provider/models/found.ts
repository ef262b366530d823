import type { FoundModel, ModelShape, ModelStep } from "./shape/shape.ts";

/** The answer to a search that found something, with where. */
export function found(shape: ModelShape, step: ModelStep, detail: string): FoundModel {
  const origin = { step, detail };
  return { ok: true, shape: { ...shape, origin }, origin };
}
