import type { JsonSchema } from "../reference/json-schema.ts";

/** A type or a property of a Pulumi schema (pulumi/pulumi, sdk/schema). */
export interface Spec {
  readonly type?: string;
  readonly $ref?: string;
  readonly items?: Spec;
  readonly additionalProperties?: Spec;
  readonly oneOf?: readonly Spec[];
  readonly description?: string;
  readonly default?: unknown;
  readonly secret?: boolean;
  readonly willReplaceOnChanges?: boolean;
  readonly plain?: boolean;
}

/** A named object or enumeration. */
export interface TypeSpec {
  readonly type: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Spec>>;
  readonly required?: readonly string[];
  readonly enum?: readonly { readonly value: string; readonly name?: string }[];
}

export const ANY: Spec = { $ref: "pulumi.json#/Any" };

export const typeRef = (name: string): Spec => ({ $ref: `#/types/amdgpu:index:${name}` });

/** Names of types that cannot be told from the name of their property. */
export interface Names {
  readonly [property: string]: string;
}

/** Fields of described schemas as properties, with the named types that they need. */
export interface Converter {
  /** @returns properties in the order of the schema, and which of them must be given */
  convert(schema: JsonSchema): {
    readonly properties: Readonly<Record<string, Spec>>;
    readonly required: readonly string[];
  };
  readonly types: Readonly<Record<string, TypeSpec>>;
}

export interface Rules {
  /** Of the type of a property, where it is not the property's own name. */
  readonly names: Names;
  /** Properties whose inside no other language can be told of. */
  readonly opaque: ReadonlySet<string>;
  /**
   * Properties, and types, for which the provider's configuration may have a value. An SDK sends the defaults of a schema as if the user
   * had written them, which would hide that value; so these have theirs in words alone.
   */
  readonly configured: ReadonlySet<string>;
}

export function createConverter({ names, opaque, configured }: Rules): Converter {
  const types: Record<string, TypeSpec> = {};
  const add = (name: string, type: TypeSpec): Spec => {
    const known = types[name];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(type))
      throw new Error(`two types want to be called ${name}`);
    types[name] = type;
    return typeRef(name);
  };

  function specOf(json: JsonSchema, property: string, owner: string): Spec {
    const name = names[`${owner}.${property}`] ?? names[property] ?? pascalCase(property);
    const base = baseOf(json, property, name);
    const isScalar = ["string", "number", "boolean"].includes(typeof json.default);
    const isConfigured = configured.has(owner) || configured.has(property);
    const said = isScalar && isConfigured ? inWords(json) : json;
    return {
      ...base,
      ...(json.description !== undefined && { description: descriptionOf(said) }),
      ...(isScalar && !isConfigured && { default: json.default }),
    };
  }

  function baseOf(json: JsonSchema, property: string, name: string): Spec {
    if (opaque.has(property)) return ANY;
    if (json.anyOf) return unionOf(json.anyOf.map((one) => baseOf(one, property, name)));
    if (json.enum && json.type === "string")
      return add(name, { type: "string", enum: json.enum.map((value) => ({ value: String(value) })) });
    if (json.const !== undefined) return { type: typeof json.const };
    if (json.type === "array") return { type: "array", items: baseOf(json.items ?? {}, property, name) };
    // An object that has itself inside.
    if (json.$ref !== undefined) return typeRef(name);
    if (json.type !== "object") return json.type === undefined ? ANY : { type: json.type };
    if (json.properties === undefined) {
      const values = typeof json.additionalProperties === "object" ? json.additionalProperties : undefined;
      return {
        type: "object",
        additionalProperties: values ? baseOf(values, property, name) : ANY,
      };
    }
    return add(name, { type: "object", ...objectOf(json, name) });
  }

  function objectOf(json: JsonSchema, owner: string) {
    const entries = Object.entries(json.properties ?? {});
    return {
      properties: Object.fromEntries(entries.map(([key, one]) => [key, specOf(one, key, owner)])),
      required: json.required ?? [],
    };
  }

  return {
    types,
    convert: (schema) => objectOf(schema, ""),
  };
}

const inWords = ({ default: value, ...json }: JsonSchema): JsonSchema => ({
  ...json,
  fallback: JSON.stringify(value),
});

/** With the default in words where the value of it is none that a schema can have. */
const descriptionOf = ({ description = "", default: value, fallback }: JsonSchema): string =>
  fallback === undefined || value !== undefined ? description : `${description} Default: ${fallback}.`;

function unionOf(members: readonly Spec[]): Spec {
  const distinct = members.filter(
    (one, number) => members.findIndex((other) => JSON.stringify(other) === JSON.stringify(one)) === number,
  );
  const [only, ...more] = distinct;
  return only !== undefined && more.length === 0 ? only : { oneOf: distinct };
}

const pascalCase = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
