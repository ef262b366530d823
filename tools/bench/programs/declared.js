// Declares what declaration.json beside it says. Runs as JavaScript and, under the name index.ts, as TypeScript.
import { readFileSync } from "node:fs";

import { GpuPartitionConfig, ModelAllocation } from "pulumi-amd-gpu";

const declared = [];
for (const { name, partitioning, models } of JSON.parse(readFileSync("declaration.json", "utf8"))) {
  const gpus = new GpuPartitionConfig(name, partitioning);
  declared.push(gpus);
  for (const { name, ...model } of models) declared.push(new ModelAllocation(name, { gpus, ...model }));
}

export const resources = declared.length;
