import type ts from "typescript";
import { z } from "zod";

import type { Declarations } from "./declarations.ts";

/** As much of JSON Schema as zod writes for what a user may give. */
export interface JsonSchema {
  /** An object that has itself inside: the same object once more. */
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of a property without a default of its own: what is the case without it, in words. */
  readonly fallback?: string;
}

/**
 * The JSON Schema of what a user may give, each property with the description that its comment in the sources has. So descriptions
 * cost a program that imports the package nothing.
 *
 * @param type what TypeScript knows of the same schema: `Declarations.inputOf`.
 */
export function describedSchema(schema: z.ZodType, type: ts.Type, declarations: Declarations): JsonSchema {
  const json = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    reused: "inline",
  }) as JsonSchema;
  return describe(unfolded(json, json, []), type, declarations);
}

/**
 * References of zod become what they refer to. An object that has itself inside is written out once for each property that leads to it;
 * below the same property it stays a reference.
 *
 * @param inside the properties that lead here, with what they refer to
 */
function unfolded(json: JsonSchema, root: JsonSchema, inside: readonly string[], property = ""): JsonSchema {
  const { $ref: reference, $defs: _, ...own } = json;
  if (reference !== undefined) {
    const step = `${reference} ${property}`;
    if (inside.includes(step)) return json;
    const target = reference === "#" ? root : root.$defs?.[reference.slice("#/$defs/".length)];
    if (!target) throw new Error(`${reference} refers to nothing`);
    return { ...unfolded(target, root, [...inside, step]), ...own };
  }
  const within = (one: JsonSchema, name?: string): JsonSchema => unfolded(one, root, inside, name);
  const { anyOf, oneOf, properties, items, additionalProperties: values } = own;
  const entries = Object.entries(properties ?? {}).map(([name, one]) => [name, within(one, name)] as const);
  return {
    ...own,
    ...(anyOf && { anyOf: anyOf.map((one) => within(one)) }),
    ...(oneOf && { oneOf: oneOf.map((one) => within(one)) }),
    ...(items && { items: within(items) }),
    ...(typeof values === "object" && { additionalProperties: within(values) }),
    ...(properties && { properties: Object.fromEntries(entries) }),
  };
}

function describe(json: JsonSchema, type: ts.Type, declarations: Declarations): JsonSchema {
  const alternatives = json.anyOf ?? json.oneOf;
  if (alternatives) {
    const described = alternatives.map((one) => describe(one, matching(one, type), declarations));
    return { ...json, [json.anyOf ? "anyOf" : "oneOf"]: described };
  }
  const object = matching(json, type);
  if (json.items) {
    const [element] = declarations.checker.isArrayType(object)
      ? declarations.checker.getTypeArguments(object as ts.TypeReference)
      : [];
    return element ? { ...json, items: describe(json.items, element, declarations) } : json;
  }
  const values = json.additionalProperties;
  if (typeof values === "object") {
    const inside = object.getStringIndexType();
    return inside ? { ...json, additionalProperties: describe(values, inside, declarations) } : json;
  }
  if (!json.properties) return json;
  const properties = Object.entries(json.properties).map(([name, property]) => {
    const symbol = object.getProperty(name);
    if (!symbol) return [name, property] as const;
    const inner = describe(property, declarations.checker.getTypeOfSymbol(symbol), declarations);
    return [name, { ...inner, ...declarations.documented(symbol) }] as const;
  });
  return { ...json, properties: Object.fromEntries(properties) };
}

/** The member of a union that a schema describes: the object with the same properties, the list, or the record. */
function matching(json: JsonSchema, type: ts.Type): ts.Type {
  if (!type.isUnion()) return type;
  const names = Object.keys(json.properties ?? {});
  const fits = (member: ts.Type): boolean => {
    if (json.items)
      return member.getProperty("length") !== undefined && member.getNumberIndexType() !== undefined;
    if (names.length > 0) return names.every((name) => member.getProperty(name) !== undefined);
    return typeof json.additionalProperties === "object" && member.getStringIndexType() !== undefined;
  };
  return type.types.find(fits) ?? type;
}
