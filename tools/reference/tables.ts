import { allocationArgsSchema } from "../../provider/schema/allocation.ts";
import { connectionSchema } from "../../provider/schema/connection.ts";
import { modelSpecSchema } from "../../provider/schema/model-spec.ts";
import { partitionArgsSchema, simulationSchema } from "../../provider/schema/partition.ts";
import { calibrationSchema, loraSchema, speculativeSchema } from "../../provider/schema/serving.ts";
import { Declarations, type Module } from "./declarations.ts";
import { describedSchema, type JsonSchema } from "./json-schema.ts";
import { type Row, rowsOfDeclaration, rowsOfSchema } from "./rows.ts";

export interface Table {
  /** As in the markers of the page. */
  readonly name: string;
  readonly kind: "inputs" | "outputs";
  readonly rows: readonly Row[];
}

const PARTITION = "provider/schema/partition.ts";
const SERVING = "provider/schema/serving.ts";

/** The arguments of a GpuPartitionConfig, by what they say. */
const PARTITION_GROUPS = {
  "partition-host": ["connection", "local", "simulation", "mode"],
  "partition-layout": [
    "computePartition",
    "memoryPartition",
    "profiles",
    "gpu-config-profiles",
    "gpuConfigProfiles",
    "gpuConfigProfile",
    "skippedGPUs",
  ],
  "partition-change": [
    "gpuClientSystemdServices",
    "inUse",
    "driverReload",
    "onDelete",
    "persist",
    "amdSmiPath",
    "timeouts",
  ],
} as const;

/** The arguments of a ModelAllocation. */
const ALLOCATION_GROUPS = {
  "allocation-model": ["gpus", "model", "precision", "kvCacheDtype", "engine"],
  "allocation-load": ["maxModelLen", "maxNumSeqs", "maxNumBatchedTokens", "kvCacheTokens", "imagesPerPrompt"],
  "allocation-place": [
    "tensorParallel",
    "expertParallel",
    "span",
    "strategy",
    "exclusive",
    "respectForeignUse",
    "pin",
  ],
  "allocation-memory": [
    "prefixCaching",
    "enforceEager",
    "lora",
    "speculative",
    "calibration",
    "extraBytes",
    "gpuArchitecture",
  ],
} as const;

/** What resource classes add, and what is refused in a sentence of its own. */
const NOT_FOR_USERS: readonly string[] = ["identity", "hosts", "pipelineParallel", "dataParallel"];

/** Types that a program knows by another name than the schema, which sees what the classes make of them. */
const TYPES: Readonly<Record<string, string>> = {
  gpus: "Gpus | Gpus[]",
  models: "{[name]: …}",
};

const withKnownType = (row: Row): Row => ({ ...row, type: TYPES[row.name] ?? row.type });

/** The schemas of a resource's arguments, with descriptions. */
export function describedArguments(declarations: Declarations) {
  const described = (
    schema: Parameters<typeof describedSchema>[0],
    module: Module,
    name: string,
  ): JsonSchema => describedSchema(schema, declarations.inputOf(module, name), declarations);
  return {
    partition: described(partitionArgsSchema, PARTITION, "partitionArgsSchema"),
    allocation: described(allocationArgsSchema, "provider/schema/allocation.ts", "allocationArgsSchema"),
    simulation: described(simulationSchema, PARTITION, "simulationSchema"),
    connection: described(connectionSchema, "provider/schema/connection.ts", "connectionSchema"),
    calibration: described(calibrationSchema, SERVING, "calibrationSchema"),
    lora: described(loraSchema, SERVING, "loraSchema"),
    speculative: described(speculativeSchema, SERVING, "speculativeSchema"),
    "model-shape": described(modelSpecSchema, "provider/schema/model-spec.ts", "modelSpecSchema"),
  };
}

/** Rows by group. Every argument is in one of them. */
function grouped(schema: JsonSchema, groups: Readonly<Record<string, readonly string[]>>): readonly Table[] {
  const rows = new Map(rowsOfSchema(schema).map((row) => [row.name, row]));
  const named = new Set([...Object.values(groups).flat(), ...NOT_FOR_USERS]);
  const missing = Object.keys(schema.properties ?? {}).filter((name) => !named.has(name));
  if (missing.length > 0) throw new Error(`in no table: ${missing.join(", ")}`);
  return Object.entries(groups).map(([name, members]) => ({
    name,
    kind: "inputs",
    rows: members.map((member) => {
      const row = rows.get(member);
      if (!row) throw new Error(`${member} has no description`);
      return withKnownType(row);
    }),
  }));
}

const whole = (name: string, schema: JsonSchema | undefined): Table => {
  const rows = rowsOfSchema(schema ?? {});
  const missing = Object.keys(schema?.properties ?? {}).filter(
    (one) => !rows.some((row) => row.name === one),
  );
  if (missing.length > 0 || rows.length === 0)
    throw new Error(`${name}: no description of ${missing.join(", ")}`);
  return { name, kind: "inputs", rows };
};

/** Every table of `docs/reference.md` that is written from the sources. */
export function referenceTables(declarations = new Declarations()): readonly Table[] {
  const { partition, allocation, ...parts } = describedArguments(declarations);
  const declared = (name: string, kind: Table["kind"], module: Module, type: string): Table => ({
    name,
    kind,
    rows: rowsOfDeclaration(declarations, module, type).map((row) => withKnownType(row)),
  });
  return [
    ...grouped(partition, PARTITION_GROUPS),
    whole("profile", partition.properties?.["profiles"]?.items),
    whole("timeouts", partition.properties?.["timeouts"]),
    ...grouped(allocation, ALLOCATION_GROUPS),
    ...Object.entries(parts).map(([name, schema]) => whole(name, schema)),
    declared(
      "partition-outputs",
      "outputs",
      "provider/resources/gpu-partition-config.ts",
      "GpuPartitionConfig",
    ),
    declared("allocation-outputs", "outputs", "provider/resources/model-allocation.ts", "ModelAllocation"),
    declared("fleet", "inputs", "provider/resources/model-fleet.ts", "ModelFleetArgs"),
    declared("fleet-model", "inputs", "provider/resources/model-fleet.ts", "FleetModelArgs"),
    declared("fleet-outputs", "outputs", "provider/resources/model-fleet.ts", "ModelFleet"),
  ];
}
