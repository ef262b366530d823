import { readFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { createYamlStack, type YamlStack } from "../support/engine/yaml.ts";

const MIXED = `
resources:
  somebody:
    type: amdgpu:GpuPartitionConfig
    properties:
      host: gpu1
      onDelete: keep
      profiles:
        - { computePartition: CPX, memoryPartition: NPS1, numGPUsAssigned: 1 }
        - { computePartition: DPX, memoryPartition: NPS1, numGPUsAssigned: 3 }
`;

const EMPTY = "resources: {}\n";

const IMPORTED = `
resources:
  node1:
    type: amdgpu:GpuPartitionConfig
    properties:
      host: gpu1
      profiles:
        - { computePartition: CPX, memoryPartition: NPS1, numGPUsAssigned: 1 }
        - { computePartition: DPX, memoryPartition: NPS1, numGPUsAssigned: 3 }
`;

let stack: YamlStack;

beforeAll(async () => {
  stack = await createYamlStack(MIXED);
  const hosts = { gpu1: { simulation: { gpus: 4, stateFile: join(stack.folder, "host.json") } } };
  await ok("config", "set", "--secret", "amdgpu:hosts", JSON.stringify(hosts));
});
afterAll(() => stack.dispose());

async function ok(...args: readonly string[]): Promise<string> {
  const { code, output } = await stack.run(args);
  expect(code, output).toBe(0);
  return output;
}

test("a host that somebody has partitioned is imported as it is, and nothing changes afterwards", async () => {
  await ok("up", "--yes", "--skip-preview");
  await stack.write(EMPTY);
  await ok("up", "--yes", "--skip-preview");
  const before = readFileSync(join(stack.folder, "host.json"), "utf8");
  // The language host of YAML writes no code in this version.
  await ok(
    "import",
    "amdgpu:index:GpuPartitionConfig",
    "node1",
    "gpu1",
    "--yes",
    "--generate-code=false",
    "--protect=false",
  );
  expect(readFileSync(join(stack.folder, "host.json"), "utf8")).toBe(before);
  await stack.write(IMPORTED);
  await ok("preview", "--expect-no-changes", "--diff");
  await ok("up", "--yes", "--expect-no-changes");
  await ok("refresh", "--yes", "--expect-no-changes");
});

test("what the inventory holds is not in state", async () => {
  const state = await ok("stack", "export", "--show-secrets");
  const { deployment } = JSON.parse(state) as {
    deployment: { resources: readonly { type: string; inputs: object; outputs: object }[] };
  };
  const node = deployment.resources.find(({ type }) => type === "amdgpu:index:GpuPartitionConfig");
  expect(node?.inputs).toMatchObject({ host: "gpu1" });
  expect(JSON.stringify(node)).not.toContain("host.json");
});

test("an id that may hold a password is refused and not printed by the provider", async () => {
  const { code, output } = await stack.run([
    "import",
    "amdgpu:index:GpuPartitionConfig",
    "node2",
    "ops:hunter2@gpu1",
    "--yes",
    "--generate-code=false",
  ]);
  expect(code).not.toBe(0);
  expect(output).toContain("the id to import must be a host");
});
