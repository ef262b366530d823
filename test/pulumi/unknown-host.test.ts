import { createServer } from "node:net";

import { GpuPartitionConfig, ModelAllocation } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { Machine } from "../support/container.ts";
import { createStack, failed, type TestStack } from "../support/engine.ts";
import { type FakeNode, startFakeNode } from "../support/fake-node/start.ts";
import { inputsOf, LLAMA, saidOn } from "../support/stack-program.ts";

const layout = { computePartition: "CPX", memoryPartition: "NPS1" } as const;

describe("a host that another resource will create", () => {
  let node: FakeNode;
  let stack: TestStack;
  const program = (compute: string) => async () => {
    const machine = new Machine("machine", { addressToBe: node.connection.host });
    const gpus = new GpuPartitionConfig("node1", {
      connection: { ...node.connection, host: machine.address },
      computePartition: compute as "CPX",
      memoryPartition: "NPS1",
    });
    const llama = new ModelAllocation("llama", { gpus, ...LLAMA });
    return { env: llama.env };
  };
  beforeAll(async () => {
    node = await startFakeNode({ gpus: 1, rocm: "7.2" });
    stack = await createStack(program("CPX"));
  });
  afterAll(async () => {
    await stack?.dispose();
    await node?.stop();
  });

  it("previews cleanly, what depends on it left open", async () => {
    const preview = await stack.preview();
    expect(preview.changes).toEqual(["create machine", "create node1", "create llama"]);
    expect(inputsOf(preview, "node1")["plan"]).toBe("[unknown]");
    expect(preview.outputs["env"]).toBe("[unknown]");
  });

  it("still refuses what is wrong whatever the host will be", async () => {
    const run = await failed(stack.preview({ program: program("CPZ") }));
    expect(run.output).toContain('computePartition must be one of SPX, DPX, TPX, QPX, CPX (it is "CPZ")');
  });

  it("is partitioned in the update that creates it", async () => {
    await stack.up();
    expect(node.state().gpus[0]?.compute).toBe("CPX");
    expect((await stack.outputs())["env"]?.value).toEqual({ ROCR_VISIBLE_DEVICES: "0" });
    expect((await stack.preview()).changes).toEqual([]);
    await stack.destroy();
  });
});

describe("a host that does not answer", () => {
  let node: FakeNode;
  let stack: TestStack;
  const declare = (port: () => number) => async () => {
    const connection = { ...node.connection, port: port(), perDialTimeout: 2, dialErrorLimit: 1 };
    const gpus = new GpuPartitionConfig("node1", { connection, ...layout });
    const llama = new ModelAllocation("llama", { gpus, ...LLAMA });
    return { env: llama.env };
  };
  let closed: number;
  beforeAll(async () => {
    node = await startFakeNode({ gpus: 1, rocm: "7.2" });
    closed = await freePort();
    stack = await createStack(declare(() => closed));
  });
  afterAll(async () => {
    await stack?.dispose();
    await node?.stop();
  });

  it("is a warning in preview, and leaves the plan open", async () => {
    const preview = await stack.preview();
    const warnings = preview.diagnostics
      .filter((one) => one.severity === "warning")
      .map((one) => one.message);
    expect(warnings.join()).toMatch(
      /cannot reach root@127\.0\.0\.1.*; the plan is made when the host is reachable/,
    );
    expect(preview.changes).toEqual(["create node1", "create llama"]);
    expect(preview.outputs["env"]).toBe("[unknown]");
  });

  it("fails the update with one clear sentence, and nothing is recorded", async () => {
    const run = await failed(stack.up());
    expect(saidOn(run, "node1")).toMatch(/cannot reach root@127\.0\.0\.1/);
    const { deployment } = (await stack.exportStack()) as { deployment: { resources?: { type: string }[] } };
    expect((deployment.resources ?? []).filter((one) => one.type.includes("amdgpu"))).toEqual([]);
  });

  it("keeps what is known from before when nothing else is declared, and changes nothing", async () => {
    await stack.up({ program: declare(() => node.connection.port) });
    const preview = await stack.preview();
    const warnings = preview.diagnostics
      .filter((one) => one.severity === "warning")
      .map((one) => one.message);
    expect(warnings.join()).toContain("using the last known layout");
    expect(preview.outputs["env"]).toEqual({ ROCR_VISIBLE_DEVICES: "0" });
    await stack.up({ program: declare(() => node.connection.port) });
    await stack.destroy();
  });
});

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
