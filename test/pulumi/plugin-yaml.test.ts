import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { createYamlStack, type YamlStack } from "../support/engine/yaml.ts";

const program = (compute: string): string => `
resources:
  node1:
    type: amdgpu:GpuPartitionConfig
    properties:
      simulation: { accelerator: MI300X, gpus: 2, stateFile: host.json }
      computePartition: ${compute}
      memoryPartition: NPS1
  llama:
    type: amdgpu:ModelAllocation
    properties:
      gpus: ["\${node1.handle}"]
      model: meta-llama/Llama-3.1-8B-Instruct
      precision: fp8
      maxModelLen: 8192
      maxNumSeqs: 8
outputs:
  env: \${llama.env}
  devices: \${llama.container.devices}
`;

let stack: YamlStack;

beforeAll(async () => {
  stack = await createYamlStack(program("CPX"));
});
afterAll(() => stack.dispose());

const host = () => join(stack.folder, "host.json");

/** Runs a command that must succeed. */
async function ok(...args: readonly string[]): Promise<string> {
  const { code, output } = await stack.run(args);
  expect(code, output).toBe(0);
  return output;
}

// One stack, in the order of its life.
test("the first preview shows the plan and the environment of the model", async () => {
  const output = await ok("preview", "--diff");
  expect(output).toContain("SPX/NPS1 -> CPX/NPS1");
  expect(output).toMatch(/ROCR_VISIBLE_DEVICES: "0"/);
});

test("an update partitions the host, and a second one changes nothing", async () => {
  await ok("up", "--yes", "--skip-preview");
  expect(JSON.parse(readFileSync(host(), "utf8"))).toMatchObject({
    gpus: [{ compute: "CPX" }, { compute: "CPX" }],
    record: { reservations: [{ key: "yaml-test/test/llama" }] },
  });
  expect(await ok("stack", "output", "--json")).toContain("/dev/dri/renderD128");
  await ok("preview", "--expect-no-changes");
  await ok("refresh", "--yes", "--expect-no-changes");
});

test("a preview shows a drift, and an update repairs it without a replacement", async () => {
  const drifted = readFileSync(host(), "utf8").replace('"compute":"CPX"', '"compute":"DPX"');
  writeFileSync(host(), drifted.replace('"compute": "CPX"', '"compute": "DPX"'));
  const output = await ok("preview", "--diff");
  expect(output).toContain("drift: compute modes differ on 1 GPU");
  expect(output).not.toMatch(/replac/);
  await ok("up", "--yes", "--skip-preview");
  await ok("preview", "--expect-no-changes");
});

test("another layout drains the model first", async () => {
  await stack.write(program("DPX"));
  const output = await ok("up", "--yes", "--skip-preview", "--diff");
  expect(output).toContain("+-2 replaced");
  await ok("preview", "--expect-no-changes");
});

test("--target on the model alone is no replacement", async () => {
  const urn = "urn:pulumi:test::yaml-test::amdgpu:index:ModelAllocation::llama";
  expect(await ok("preview", "--target", urn)).not.toMatch(/replac/);
});

test("destroying sets back what was there before", async () => {
  await ok("destroy", "--yes");
  const { gpus, record } = JSON.parse(readFileSync(host(), "utf8")) as {
    gpus: readonly { compute: string }[];
    record: { reservations: unknown; owners: unknown };
  };
  expect(gpus.map(({ compute }) => compute)).toEqual(["SPX", "SPX"]);
  expect(record).toMatchObject({ reservations: [], owners: {} });
});
