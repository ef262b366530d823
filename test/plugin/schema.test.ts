import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { FUNCTIONS } from "../../provider/plugin/functions/table.ts";
import { ALLOCATION_KEYS } from "../../provider/wire/allocation-outputs.ts";
import { COMPUTED_KEYS } from "../../provider/wire/partition-outputs.ts";
import { findPackageRoot } from "../../tools/engine/places.ts";
import { packageSchema } from "../../tools/schema/package-schema.ts";

interface Property {
  readonly $ref?: string;
  readonly description?: string;
  readonly secret?: boolean;
  readonly default?: unknown;
}

interface Resource {
  readonly inputProperties: Readonly<Record<string, Property>>;
  readonly properties: Readonly<Record<string, Property>>;
}

interface Fields {
  readonly properties: Readonly<Record<string, Property>>;
}

interface Schema {
  readonly functions: Readonly<Record<string, { readonly inputs: Fields; readonly outputs: Fields }>>;
  readonly types: Readonly<Record<string, { readonly properties?: Readonly<Record<string, Property>> }>>;
  readonly resources: Readonly<Record<string, Resource>>;
  readonly config: { readonly variables: Readonly<Record<string, Property>> };
}

const root = findPackageRoot();
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly version: string;
};
const text = readFileSync(join(root, "plugin/schema.json"), "utf8");
const schema = JSON.parse(text) as Schema;
const { "amdgpu:index:GpuPartitionConfig": partition, "amdgpu:index:ModelAllocation": allocation } =
  schema.resources;

test("plugin/schema.json is what `npm run generate` makes of the schemas", () => {
  expect(text).toBe(`${JSON.stringify(packageSchema(version), undefined, 2)}\n`);
});

test("an SDK sends no default for what the provider's configuration may say", () => {
  const { connection, timeouts, hosts: _hosts, hfToken: _hfToken, ...others } = schema.config.variables;
  expect(Object.keys(others)).toEqual([]);
  const propertiesOf = (property: Property | undefined): Readonly<Record<string, Property>> =>
    schema.types[property?.$ref?.replace("#/types/", "") ?? ""]?.properties ?? {};
  const configured = {
    connection: Object.keys(propertiesOf(connection)),
    timeouts: Object.keys(propertiesOf(timeouts)),
    host: Object.keys(schema.types["amdgpu:index:InventoryHost"]?.properties ?? {}),
  };
  expect(configured.connection).toContain("user");
  expect(configured.timeouts).toContain("observe");
  expect(configured.host).toContain("mode");
  const inputs = [
    partition?.inputProperties ?? {},
    ...Object.values(schema.functions).map((one) => one.inputs.properties),
  ];
  const withDefault = inputs.flatMap((properties) => [
    ...configured.host.filter((name) => properties[name]?.default !== undefined),
    ...configured.connection.filter(
      (name) => propertiesOf(properties["connection"])[name]?.default !== undefined,
    ),
    ...configured.timeouts.filter(
      (name) => propertiesOf(properties["timeouts"])[name]?.default !== undefined,
    ),
  ]);
  expect(withDefault).toEqual([]);
});

test("every name is an identifier in every language", () => {
  const names = [
    ...Object.values(schema.types).flatMap(({ properties = {} }) => Object.keys(properties)),
    ...Object.values(schema.resources).flatMap((one) => [
      ...Object.keys(one.inputProperties),
      ...Object.keys(one.properties),
    ]),
    ...Object.values(schema.functions).flatMap(({ inputs, outputs }) => [
      ...Object.keys(inputs.properties),
      ...Object.keys(outputs.properties),
    ]),
    ...Object.keys(schema.config.variables),
  ];
  expect(names.filter((name) => !/^[a-z][A-Za-z0-9]*$/.test(name))).toEqual([]);
  expect(names).toContain("gpuConfigProfiles");
});

test("every reference leads to a type", () => {
  const references = [...text.matchAll(/"\$ref": "([^"]+)"/g)].map(([, reference = ""]) => reference);
  const unknown = references.filter(
    (reference) =>
      reference !== "pulumi.json#/Any" && schema.types[reference.replace("#/types/", "")] === undefined,
  );
  expect(unknown).toEqual([]);
});

const outputsOf = ({ properties, inputProperties }: Resource) =>
  Object.keys(properties).filter((name) => inputProperties[name] === undefined);

test("the outputs are those that the operations compute", () => {
  expect(partition && outputsOf(partition)).toEqual([...COMPUTED_KEYS, "handle"]);
  expect(allocation && outputsOf(allocation)).toEqual(
    ALLOCATION_KEYS.filter((key) => key !== "fleetPlacement"),
  );
});

test("the functions and their results are those that the plugin serves", async () => {
  const served = await Promise.all(
    Object.entries(FUNCTIONS).map(async ([token, load]) => [token, (await load()).results] as const),
  );
  const described = Object.entries(schema.functions).map(([token, { outputs }]) => [
    token,
    Object.keys(outputs.properties),
  ]);
  expect(described).toEqual(served);
});

test("every argument and result of a function has a description", () => {
  const bare = Object.entries(schema.functions).flatMap(([token, { inputs, outputs }]) =>
    [...Object.entries(inputs.properties), ...Object.entries(outputs.properties)].flatMap(([name, one]) =>
      one.description === undefined ? [`${token}: ${name}`] : [],
    ),
  );
  expect(bare).toEqual([]);
});

test("what holds credentials is a secret", () => {
  expect(partition?.inputProperties["connection"]).toMatchObject({ secret: true });
  expect(partition?.properties["connection"]).toMatchObject({ secret: true });
  expect(schema.functions["amdgpu:index:getHost"]?.inputs.properties["connection"]?.secret).toBe(true);
  const { hosts, connection, hfToken, timeouts } = schema.config.variables;
  expect([hosts, connection, hfToken, timeouts].map((one) => one?.secret)).toEqual([
    true,
    true,
    true,
    undefined,
  ]);
});

test("inputs that only the other door has are not in it", () => {
  for (const name of ["identity", "observation", "hosts", "fleet", "gpu-config-profiles"]) {
    expect(partition?.inputProperties).not.toHaveProperty(name);
    expect(allocation?.inputProperties).not.toHaveProperty(name);
  }
});
