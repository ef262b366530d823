import { readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { findPackageRoot } from "../../../tools/engine/places.ts";

interface Schema {
  readonly resources: Readonly<
    Record<string, { readonly inputProperties: object; readonly properties: object }>
  >;
}

interface YamlProgram {
  readonly resources?: Readonly<
    Record<string, { readonly type: string; readonly properties?: Readonly<Record<string, unknown>> }>
  >;
}

const OUTPUT = /\$\{(?<resource>\w+)\.(?<output>\w+)/g;

/** What the schema of the plugin does not know in a YAML program: types, inputs, and outputs that other values name. */
export function yamlProblems(text: string): readonly string[] {
  const { resources } = JSON.parse(
    readFileSync(join(findPackageRoot(), "plugin/schema.json"), "utf8"),
  ) as Schema;
  const declared = Object.entries((parse(text) as YamlProgram).resources ?? {});
  const schemaOf = ({ type }: { readonly type: string }) =>
    resources[type.replace(/^amdgpu:(?!index:)/, "amdgpu:index:")];
  const byName = new Map(declared.map(([name, resource]) => [name, schemaOf(resource)]));
  const inputs = declared.flatMap(([name, resource]) => {
    const schema = schemaOf(resource);
    if (schema === undefined) return [`${name}: there is no type ${resource.type}`];
    return Object.keys(resource.properties ?? {})
      .filter((property) => !(property in schema.inputProperties))
      .map((property) => `${name}.${property} is no input`);
  });
  const outputs = [...text.matchAll(OUTPUT)].flatMap(({ groups: { resource = "", output = "" } = {} }) =>
    output in (byName.get(resource)?.properties ?? {}) ? [] : [`${resource}.${output} is no output`],
  );
  return declared.length === 0 ? ["declares no resource"] : [...inputs, ...outputs];
}
