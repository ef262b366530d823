import { GpuPartitionConfig, type GpuPartitionConfigArgs, ModelAllocation } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createStack, type TestStack } from "../support/engine.ts";
import { type FakeNode, startFakeNode } from "../support/fake-node/start.ts";
import { LLAMA, QWEN } from "../support/stack-program.ts";

describe("an engine operation", () => {
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

  it("opens one connection and runs one command in the first preview", async () => {
    expect(await countsOf(() => stack.preview())).toEqual({ connections: 1, execs: 1 });
  });

  it("opens two connections in an update that changes the host: the program's observation, and the change", async () => {
    const counts = await countsOf(() => stack.up());
    expect(counts.connections).toBe(2);
    const { length: setCalls } = node.commands().filter((command) => command.argv[0] === "set");
    expect(setCalls).toBeLessThanOrEqual(2);
  });

  it("opens one connection and runs one command on an unchanged host, in preview, update and refresh", async () => {
    const once = { connections: 1, execs: 1 };
    expect(await countsOf(() => stack.preview())).toEqual(once);
    expect(await countsOf(() => stack.up())).toEqual(once);
    expect(await countsOf(() => stack.refresh())).toEqual(once);
  });

  it("opens one connection in destroy", async () => {
    expect((await countsOf(() => stack.destroy())).connections).toBe(1);
  });
});
