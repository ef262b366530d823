import { readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { findPackageRoot } from "../../../tools/engine/places.ts";

interface Fields {
  readonly properties: object;
}

interface Schema {
  readonly functions: Readonly<Record<string, { readonly inputs: Fields; readonly outputs: Fields }>>;
  readonly resources: Readonly<
    Record<string, { readonly inputProperties: object; readonly properties: object }>
  >;
}

interface Invoke {
  readonly function: string;
  readonly arguments?: object;
}

interface YamlProgram {
  readonly variables?: Readonly<Record<string, { readonly "fn::invoke"?: Invoke }>>;
  readonly resources?: Readonly<
    Record<string, { readonly type: string; readonly properties?: Readonly<Record<string, unknown>> }>
  >;
}

const OUTPUT = /\$\{(?<resource>\w+)\.(?<output>\w+)/g;

/** What the schema of the plugin does not know in a YAML program: types, functions, inputs, and outputs that other values name. */
export function yamlProblems(text: string): readonly string[] {
  const { resources, functions } = JSON.parse(
    readFileSync(join(findPackageRoot(), "plugin/schema.json"), "utf8"),
  ) as Schema;
  const program = parse(text) as YamlProgram;
  const declared = Object.entries(program.resources ?? {});
  const called = Object.entries(program.variables ?? {}).flatMap(([name, { "fn::invoke": invoke }]) =>
    invoke ? [[name, invoke] as const] : [],
  );
  const schemaOf = ({ type }: { readonly type: string }) => resources[canonical(type)];
  const functionOf = (invoke: Invoke) => functions[canonical(invoke.function)];
  const byName = new Map<string, object | undefined>([
    ...declared.map(([name, resource]) => [name, schemaOf(resource)?.properties] as const),
    ...called.map(([name, invoke]) => [name, functionOf(invoke)?.outputs.properties] as const),
  ]);
  const inputs = declared.flatMap(([name, resource]) => {
    const schema = schemaOf(resource);
    if (schema === undefined) return [`${name}: there is no type ${resource.type}`];
    return Object.keys(resource.properties ?? {})
      .filter((property) => !(property in schema.inputProperties))
      .map((property) => `${name}.${property} is no input`);
  });
  const args = called.flatMap(([name, invoke]) => {
    const schema = functionOf(invoke);
    if (schema === undefined) return [`${name}: there is no function ${invoke.function}`];
    return Object.keys(invoke.arguments ?? {})
      .filter((argument) => !(argument in schema.inputs.properties))
      .map((argument) => `${name}.${argument} is no argument`);
  });
  const outputs = [...text.matchAll(OUTPUT)].flatMap(({ groups: { resource = "", output = "" } = {} }) =>
    output in (byName.get(resource) ?? {}) ? [] : [`${resource}.${output} is no output`],
  );
  return declared.length + called.length === 0
    ? ["declares no resource and calls no function"]
    : [...inputs, ...args, ...outputs];
}

/** Of a token whose module is left out. */
const canonical = (token: string): string => token.replace(/^amdgpu:(?=\w+$)/, "amdgpu:index:");
