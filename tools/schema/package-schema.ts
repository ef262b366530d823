import { providerConfigSchema } from "../../provider/schema/provider-config.ts";
import { Declarations } from "../reference/declarations.ts";
import { describedSchema, type JsonSchema } from "../reference/json-schema.ts";
import { describedArguments } from "../reference/tables.ts";
import { createConverter, type Rules, type Spec, typeRef } from "./from-zod.ts";
import { FUNCTION_TYPES } from "./function-outputs.ts";
import { functionsOf } from "./functions.ts";
import { ALLOCATION_OUTPUTS, OUTPUT_TYPES, PARTITION_OUTPUTS } from "./outputs.ts";
import type { Outputs } from "./specs.ts";

/** Types whose names say more than those of their properties. */
const NAMES = {
  computePartition: "ComputeMode",
  memoryPartition: "MemoryMode",
  mode: "HostMode",
  inUse: "InUsePolicy",
  driverReload: "DriverReloadPolicy",
  onDelete: "DeletePolicy",
  profiles: "PartitionProfile",
  gpuClientSystemdServices: "SystemdServices",
  model: "ModelSpec",
  hosts: "InventoryHost",
  proxy: "ProxyConnection",
  dtype: "Dtype",
  embeddings: "Dtype",
  attention: "Dtype",
  dense: "Dtype",
  shared: "Dtype",
  method: "SpeculativeMethod",
  engine: "InferenceEngine",
  strategy: "PlacementStrategy",
  span: "PlacementSpan",
  "PartDtypes.experts": "Dtype",
  "ProviderConfig.connection": "SharedConnection",
  "InventoryHost.connection": "InventoryConnection",
  "InventoryHost.timeouts": "TimeoutDefaults",
} as const;

/** Fields of which no other language can be told more than that they are there. */
const OPAQUE: ReadonlySet<string> = new Set(["layerKinds"]);

const RULES: Rules = {
  names: NAMES,
  opaque: OPAQUE,
  configured: new Set(["mode", "Connection", "Timeouts"]),
};

/** Inputs that are refused in a sentence of their own. */
const UNSUPPORTED: ReadonlySet<string> = new Set(["pipelineParallel", "dataParallel"]);

/** Inputs that only mean something in the other door, or are made by it. */
const NOT_WRITTEN: ReadonlySet<string> = new Set([
  "identity",
  "hosts",
  "gpu-config-profiles",
  ...UNSUPPORTED,
]);

/** Inputs of which another value makes other devices, and so a replacement. */
const REPLACING: ReadonlySet<string> = new Set([
  "computePartition",
  "memoryPartition",
  "profiles",
  "gpuConfigProfiles",
  "gpuConfigProfile",
  "skippedGPUs",
]);

const HOST: Spec = {
  type: "string",
  description: "Name of a host in the provider's configuration, in place of `connection`",
};

/** A model is given handles, which are described with the outputs, and no ways to hosts. */
const withoutGpus = ({ properties = {}, required = [], ...schema }: JsonSchema): JsonSchema => ({
  ...schema,
  properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !OF_GPUS.has(name))),
  required: required.filter((name) => !OF_GPUS.has(name)),
});

const OF_GPUS: ReadonlySet<string> = new Set(["gpus", "hosts", "identity"]);

interface Inputs {
  readonly properties: Readonly<Record<string, Spec>>;
  readonly required: readonly string[];
}

const written = ({ properties, required }: Inputs): Inputs => ({
  properties: Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => !NOT_WRITTEN.has(name))
      .map(([name, spec]) => [name, REPLACING.has(name) ? { ...spec, willReplaceOnChanges: true } : spec]),
  ),
  required: required.filter((name) => !NOT_WRITTEN.has(name)),
});

const resource = (description: string, inputs: Inputs, outputs: Outputs) => ({
  description,
  inputProperties: inputs.properties,
  requiredInputs: inputs.required,
  // State has what was written, and no defaults.
  properties: { ...withoutDefaults(inputs.properties), ...outputs.properties },
  required: [...inputs.required, ...outputs.required],
});

/** What only is said of inputs. */
const OF_INPUTS: ReadonlySet<string> = new Set(["default", "willReplaceOnChanges"]);

const withoutDefaults = (properties: Inputs["properties"]): Inputs["properties"] =>
  Object.fromEntries(
    Object.entries(properties).map(([name, spec]) => [
      name,
      Object.fromEntries(Object.entries(spec).filter(([field]) => !OF_INPUTS.has(field))),
    ]),
  );

const secret = (spec: Spec | undefined): Spec => ({ ...spec, secret: true });

/** schema.json of the plugin. @param version of the package */
export function packageSchema(version: string): object {
  const converter = createConverter(RULES);
  const declarations = new Declarations();
  const described = describedArguments(declarations);
  const partition = written(converter.convert(described.partition));
  const allocation = written(converter.convert(withoutGpus(described.allocation)));
  const config = createConverter({
    ...RULES,
    names: { ...NAMES, connection: "SharedConnection", timeouts: "TimeoutDefaults" },
  });
  const { properties: configured } = config.convert(
    describedSchema(
      providerConfigSchema,
      declarations.inputOf("provider/schema/provider-config.ts", "providerConfigSchema"),
      declarations,
    ),
  );
  const variables = {
    ...configured,
    hosts: secret(configured["hosts"]),
    connection: secret(configured["connection"]),
    hfToken: secret(configured["hfToken"]),
  };
  const gpus: Spec = {
    type: "array",
    items: typeRef("GpuHandle"),
    description: "Where to look for room: the output `handle` of one or more GpuPartitionConfigs",
  };
  const { functions, types: ofFunctions } = functionsOf(
    declarations,
    RULES,
    {
      "amdgpu:index:getHost": {
        host: HOST,
        connection: { ...secret(partition.properties["connection"]), description: "The host, over SSH" },
      },
    },
    UNSUPPORTED,
  );
  const types = merged(config.types, converter.types, OUTPUT_TYPES, ofFunctions, FUNCTION_TYPES);
  const rest = {
    name: "amdgpu",
    displayName: "AMD GPU partitions",
    version,
    description: "Partitions of AMD Instinct GPUs, and the models that run on them.",
    keywords: ["pulumi", "kind/native", "category/infrastructure", "amd", "gpu", "instinct", "rocm"],
    license: "Apache-2.0",
    meta: { moduleFormat: "(.*)" },
    language: {
      nodejs: {
        packageName: "pulumi-amdgpu",
        packageDescription: "Pulumi SDK of the plugin amdgpu.",
        respectSchemaVersion: true,
      },
      python: { packageName: "pulumi_amdgpu", pyproject: { enabled: true }, respectSchemaVersion: true },
      go: { importBasePath: GO_PATH, generateResourceContainerTypes: true, respectSchemaVersion: true },
    },
    config: { variables },
    provider: { inputProperties: variables },
    resources: {
      "amdgpu:index:GpuPartitionConfig": resource(
        "The partitions of the GPUs of one host.",
        {
          properties: {
            host: HOST,
            ...partition.properties,
            connection: secret(partition.properties["connection"]),
          },
          required: partition.required,
        },
        PARTITION_OUTPUTS,
      ),
      "amdgpu:index:ModelAllocation": resource(
        "One model on the logical devices of partitioned GPUs, reserved on their host.",
        { properties: { gpus, ...allocation.properties }, required: ["gpus", ...allocation.required] },
        ALLOCATION_OUTPUTS,
      ),
    },
    functions,
  };
  const { resources, functions: _functions, ...head } = rest;
  return { ...head, types: reachable(types, JSON.stringify(rest)), resources, functions };
}

function merged(...parts: readonly Readonly<Record<string, object>>[]): Readonly<Record<string, object>> {
  const all: Record<string, object> = {};
  for (const [name, type] of parts.flatMap((part) => Object.entries(part))) {
    if (all[name] !== undefined && JSON.stringify(all[name]) !== JSON.stringify(type))
      throw new Error(`two types want to be called ${name}`);
    all[name] = type;
  }
  return all;
}

/** The named types that a text refers to, and those that they refer to. */
function reachable(types: Readonly<Record<string, object>>, text: string): Record<string, object> {
  const found = new Map<string, object>();
  const follow = (where: string): void => {
    for (const [, name = ""] of where.matchAll(/#\/types\/amdgpu:index:(\w+)/g)) {
      const type = types[name];
      if (found.has(name) || type === undefined) continue;
      found.set(name, type);
      follow(JSON.stringify(type));
    }
  };
  follow(text);
  const sorted = [...found].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, type]) => [`amdgpu:index:${name}`, type]));
}

/** Nobody has given the repository's address yet. */
const GO_PATH = "pulumi-amd-gpu.example/sdk/go/amdgpu";
