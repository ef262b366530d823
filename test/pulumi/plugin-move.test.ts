import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { GpuPartitionConfig, ModelAllocation } from "pulumi-amd-gpu";
import { afterAll, beforeAll, expect, test } from "vitest";

import { createStack } from "../support/engine.ts";
import { createYamlStack, type YamlStack } from "../support/engine/yaml.ts";
import { LLAMA } from "../support/stack-program.ts";

let folder: string;
let stack: YamlStack;

/** Programs in YAML take whole URNs; other languages take the type alone. */
const alias = (type: string, name: string): string =>
  `{ aliases: ["urn:pulumi:test::yaml-test::pulumi-nodejs:dynamic/amdgpu:${type}::${name}"] }`;

const program = (file: string): string => `
resources:
  node1:
    type: amdgpu:GpuPartitionConfig
    properties:
      simulation: { gpus: 2, stateFile: ${file} }
      computePartition: CPX
      memoryPartition: NPS1
    options: ${alias("GpuPartitionConfig", "node1")}
  llama:
    type: amdgpu:ModelAllocation
    properties:
      gpus: ["\${node1.handle}"]
      model: ${LLAMA.model}
      precision: ${LLAMA.precision}
      maxModelLen: ${LLAMA.maxModelLen}
      maxNumSeqs: ${LLAMA.maxNumSeqs}
    options: ${alias("ModelAllocation", "llama")}
`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plugin-move-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await stack.dispose();
});

async function ok(...args: readonly string[]): Promise<string> {
  const { code, output } = await stack.run(args);
  expect(code, output).toBe(0);
  return output;
}

test("a stack of the npm package moves by aliases without changes, and destroying restores what was there", async () => {
  const file = join(folder, "host.json");
  const former = await createStack(
    async () => {
      const node = new GpuPartitionConfig("node1", {
        simulation: { gpus: 2, stateFile: file },
        computePartition: "CPX",
        memoryPartition: "NPS1",
      });
      new ModelAllocation("llama", { gpus: node, ...LLAMA });
    },
    { project: "yaml-test" },
  );
  await former.up();
  const state = await former.exportStack();
  await former.dispose();

  stack = await createYamlStack(program(file));
  writeFileSync(join(stack.folder, "state.json"), JSON.stringify(state));
  await ok("stack", "import", "--file", "state.json");
  await ok("preview", "--expect-no-changes", "--diff");
  await ok("up", "--yes", "--expect-no-changes");
  await ok("refresh", "--yes", "--expect-no-changes");
  await ok("preview", "--expect-no-changes");
  await ok("destroy", "--yes");
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
    gpus: [{ compute: "SPX" }, { compute: "SPX" }],
    record: { owners: {}, reservations: [] },
  });
});
