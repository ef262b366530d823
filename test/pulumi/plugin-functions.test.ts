import { afterAll, beforeAll, expect, test } from "vitest";

import { createYamlStack, type YamlStack } from "../support/engine/yaml.ts";

const ofContainer = (name: string, token: string): string => `
  ${name}:
    fn::invoke:
      function: ${token}
      arguments: { container: "\${llama.container}" }`;

const program = (precision: string): string => `
resources:
  node1:
    type: amdgpu:GpuPartitionConfig
    properties:
      simulation: { accelerator: MI300X, gpus: 2, stateFile: host.json }
      computePartition: CPX
      memoryPartition: NPS1
  llama:
    type: amdgpu:ModelAllocation
    properties:
      gpus: ["\${node1.handle}"]
      model: meta-llama/Llama-3.1-8B-Instruct
      precision: fp8
      maxNumSeqs: 8
variables:
  estimate:
    fn::invoke:
      function: amdgpu:estimateMemory
      arguments:
        model: meta-llama/Llama-3.1-8B-Instruct
        precision: ${precision}
  capacity:
    fn::invoke:
      function: amdgpu:planCapacity
      arguments:
        models: { llama: { model: meta-llama/Llama-3.1-8B-Instruct, replicas: 2 } }
        hosts: [{ name: a, accelerator: MI300X, gpus: 1 }]
  host:
    fn::invoke:
      function: amdgpu:getHost
      arguments:
        simulation: { gpus: 2, stateFile: host.json }
  privileged:
    fn::invoke:
      function: amdgpu:kubernetes:privileged
      arguments: { env: "\${llama.env}" }${ofContainer("crio", "amdgpu:kubernetes:crio")}${ofContainer("run", "amdgpu:docker:runArgs")}${ofContainer("docker", "amdgpu:docker:containerArgs")}${ofContainer("compose", "amdgpu:compose:service")}${ofContainer("dropIn", "amdgpu:systemd:dropIn")}${ofContainer("quadlet", "amdgpu:systemd:quadlet")}
outputs:
  bytes: \${estimate.memory.perDeviceBytes}
  fits: \${capacity.fits}
  layouts: \${capacity.plans[0].hosts}
  reservations: \${host.reservations}
  declaration: \${host.declaration}
  privileged: \${privileged.container}
  annotations: \${crio.metadata}
  run: \${run.args}
  ipc: \${docker.ipcMode}
  service: \${compose.service}
  dropIn: \${dropIn.text}
  quadlet: \${quadlet.text}
`;

let stack: YamlStack;

beforeAll(async () => {
  stack = await createYamlStack(program("fp8"));
});
afterAll(() => stack.dispose());

/** Runs a command that must succeed. */
async function ok(...args: readonly string[]): Promise<string> {
  const { code, output } = await stack.run(args);
  expect(code, output).toBe(0);
  return output;
}

async function outputs(): Promise<unknown> {
  const { stdout } = await stack.run(["stack", "output", "--json"]);
  return JSON.parse(stdout) as unknown;
}

// One stack, in the order of its life.
test("the first preview calls the functions whose arguments are known", async () => {
  expect(await ok("preview", "--diff")).toMatch(/fits\s*: true/);
});

test("an update has what every function answers", async () => {
  await ok("up", "--yes", "--skip-preview");
  expect(await outputs()).toMatchObject({
    bytes: expect.any(Number) as unknown,
    fits: true,
    layouts: [{ host: "a" }],
    reservations: [],
    privileged: { securityContext: { privileged: true } },
    annotations: { annotations: { "devices.crio.io": "/dev/kfd,/dev/dri/renderD128" } },
    run: expect.arrayContaining(["--device=/dev/dri/renderD128"]) as unknown,
    ipc: "host",
    service: { security_opt: ["seccomp=unconfined"], environment: { ROCR_VISIBLE_DEVICES: "0" } },
    dropIn: expect.stringMatching(/^\[Service\]\n/) as unknown,
    quadlet: expect.stringMatching(/^\[Container\]\n/) as unknown,
  });
});

test("the next update sees the host as the last one left it", async () => {
  await ok("up", "--yes", "--skip-preview");
  expect(await outputs()).toMatchObject({
    reservations: [{ key: "yaml-test/test/llama" }],
    declaration: { computePartition: "CPX", memoryPartition: "NPS1" },
  });
  await ok("preview", "--expect-no-changes");
});

test("a mistake in an argument fails the preview with its path and no stack trace", async () => {
  await stack.write(program("fp7"));
  const { code, output } = await stack.run(["preview"]);
  expect(code).not.toBe(0);
  expect(output).toContain("precision must be one of native");
  expect(output).not.toMatch(/\bat \S+\.js:\d+/);
});
