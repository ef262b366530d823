import { GpuPartitionConfig, type GpuPartitionConfigArgs, ModelAllocation } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createStack, type TestStack } from "../support/engine.ts";
import { type FakeNode, startFakeNode } from "../support/fake-node/start.ts";
import { LLAMA, QWEN } from "../support/stack-program.ts";

describe("what a host sees of an engine operation", () => {
  let node: FakeNode;
  let stack: TestStack;
  const layout = {
    computePartition: "CPX",
    memoryPartition: "NPS4",
  } as const satisfies GpuPartitionConfigArgs;
  beforeAll(async () => {
    node = await startFakeNode({ gpus: 8, rocm: "7.2" });
    stack = await createStack(async () => {
      const gpus = new GpuPartitionConfig("node1", { connection: node.connection, ...layout });
      new ModelAllocation("llama", { gpus, ...LLAMA });
      new ModelAllocation("qwen", { gpus, ...QWEN });
    });
  });
  afterAll(async () => {
    await stack?.dispose();
    await node?.stop();
  });

  const countsOf = async (operation: () => Promise<unknown>) => {
    node.resetCounts();
    await operation();
    return node.counts();
  };

  it("is one connection and one command in the first preview", async () => {
    expect(await countsOf(() => stack.preview())).toEqual({ connections: 1, execs: 1 });
  });

  it("is two connections in an update that changes it: the program's observation, and the change", async () => {
    const counts = await countsOf(() => stack.up());
    expect(counts.connections).toBe(2);
    const { length: setCalls } = node.commands().filter((command) => command.argv[0] === "set");
    expect(setCalls).toBeLessThanOrEqual(2);
  });

  it("is one connection and one command when nothing is to do, in preview, update and refresh alike", async () => {
    const once = { connections: 1, execs: 1 };
    expect(await countsOf(() => stack.preview())).toEqual(once);
    expect(await countsOf(() => stack.up())).toEqual(once);
    expect(await countsOf(() => stack.refresh())).toEqual(once);
  });

  it("is one connection in destroy", async () => {
    expect((await countsOf(() => stack.destroy())).connections).toBe(1);
  });
});
