import { lookupModel } from "../../provider/models/catalog/catalog.ts";
import type { ModelShape } from "../../provider/models/shape/shape.ts";

export function shapeOf(id: string): ModelShape {
  const lookup = lookupModel(id);
  if (!lookup.ok) throw new Error(lookup.error);
  return lookup.model;
}
