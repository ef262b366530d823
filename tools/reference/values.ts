import type { JsonSchema } from "./json-schema.ts";

/** A list of values that is too long for a cell. */
export interface Values {
  /** The properties that take them. */
  readonly of: string;
  readonly values: readonly unknown[];
}

const valuesOf = (schema: JsonSchema, name: string): readonly unknown[] => {
  const found = schema.properties?.[name]?.enum;
  if (!found) throw new Error(`${name} is not one of some values`);
  return found;
};

/** Lists of the values of a model's properties. */
export function longValues(allocation: JsonSchema, shape: JsonSchema): readonly Values[] {
  return [
    { of: "`precision`, and `dtype` of a shape except `native`", values: valuesOf(allocation, "precision") },
    { of: "`architecture` of a shape", values: valuesOf(shape, "architecture") },
  ];
}

/** What each entry of `layerKinds` says of its layers, by the kind of the mixer. */
export function mixersOf(shape: JsonSchema): readonly string[] {
  const mixer = shape.properties?.["layerKinds"]?.items?.properties?.["mixer"];
  return (mixer?.oneOf ?? []).map(({ properties = {}, required = [] }) => {
    const fields = Object.keys(properties)
      .filter((name) => name !== "kind")
      .map((name) => `\`${name}${required.includes(name) ? "" : "?"}\``);
    return `\`${String(properties["kind"]?.const)}\`${fields.length > 0 ? `: ${fields.join(", ")}` : ""}`;
  });
}

/** The section of the page: one list. */
export function renderValues(values: readonly Values[], mixers: readonly string[]): string {
  return [
    ...values.map(
      ({ of, values: all }) => `- ${of}: ${all.map((value) => `\`${String(value)}\``).join(", ")}.`,
    ),
    "- `layerKinds` of a shape: entries of `{ layers, mixer, feedForward? }`. `kind` of a mixer, and its other fields:",
    ...mixers.map((mixer) => `  - ${mixer}`),
  ].join("\n");
}
