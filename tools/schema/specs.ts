import { type Spec, typeRef, type TypeSpec } from "./from-zod.ts";

/* Parts of a schema that are written by hand. */

export const text = (description: string): Spec => ({ type: "string", description });
export const integer = (description: string): Spec => ({ type: "integer", description });
export const number = (description: string): Spec => ({ type: "number", description });
export const flag = (description: string): Spec => ({ type: "boolean", description });
export const list = (items: Spec, description: string): Spec => ({ type: "array", items, description });
export const texts = (description: string): Spec => list({ type: "string" }, description);
export const mapOf = (additionalProperties: Spec, description: string): Spec => ({
  type: "object",
  additionalProperties,
  description,
});
export const textMap = (description: string): Spec => mapOf({ type: "string" }, description);
export const of = (name: string, description: string): Spec => ({ ...typeRef(name), description });

/** An object; a property whose name ends in "?" may be absent. */
export const object = (description: string, fields: Readonly<Record<string, Spec>>): TypeSpec => ({
  type: "object",
  description,
  properties: Object.fromEntries(Object.entries(fields).map(([name, spec]) => [name.replace("?", ""), spec])),
  required: Object.keys(fields).filter((name) => !name.endsWith("?")),
});

export interface Outputs {
  readonly properties: Readonly<Record<string, Spec>>;
  readonly required: readonly string[];
}

export const outputs = (fields: Readonly<Record<string, Spec>>): Outputs => {
  const { properties = {}, required = [] } = object("", fields);
  return { properties, required };
};

export const bytes = (description: string): Spec => number(`${description}, in bytes`);
