import { GpuPartitionConfig, type GpuPartitionConfigArgs } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createStack, failed, type TestStack } from "../support/engine.ts";
import { type FakeNode, startFakeNode } from "../support/fake-node/start.ts";
import { saidOn } from "../support/stack-program.ts";

const CONTAINER = "1f2e3d4c5b6a7988".repeat(4);

describe("an operator sees the GPU processes that a change would end", () => {
  let node: FakeNode;
  let stack: TestStack;
  let args: Omit<GpuPartitionConfigArgs, "connection">;
  beforeAll(async () => {
    node = await startFakeNode({ gpus: 2, rocm: "7.2", user: "ops" });
    stack = await createStack(async () => {
      new GpuPartitionConfig("node1", { connection: node.connection, ...args });
    });
  });
  afterAll(async () => {
    await stack?.dispose();
    await node?.stop();
  });

  it("in preview, with the service it stops, the container that stands in the way, and the user of each", async () => {
    const [service, container] = await node.holdGpus([
      { name: "gpuagent", gpu: 0, opens: ["render"], cgroup: "/system.slice/gpuagent.service" },
      { name: "vllm", gpu: 1, user: "ops", cgroup: `/system.slice/docker-${CONTAINER}.scope` },
    ]);
    args = {
      computePartition: "CPX",
      memoryPartition: "NPS1",
      gpuClientSystemdServices: { names: ["gpuagent"] },
    };
    const said = saidOn(await stack.preview(), "node1");
    expect(said).toContain(
      `GPUs are in use by gpuagent (pid ${service} of root in gpuagent.service on 0000:0c:00.0: /dev/dri/renderD128); the update stops gpuagent.service itself`,
    );
    expect(said).toContain(
      `GPUs are in use by vllm (pid ${container} of ops in docker container 1f2e3d4c5b6a on 0000:22:00.0: /dev/kfd, /dev/dri/renderD136); stop it first, or the update is refused`,
    );
    const refused = await failed(stack.up());
    expect(saidOn(refused, "node1")).toContain("GPUs are in use by");
    expect(node.state().gpus.map((gpu) => gpu.compute)).toEqual(["SPX", "SPX"]);
  });

  it("and a memory mode that was staged outside Pulumi refuses a compute mode, but not a memory mode", async () => {
    await node.releaseGpus(node.state().processes.map((process) => process.pid));
    await node.change((state) => ({ ...state, staged: "NPS2" }));
    args = { computePartition: "CPX", memoryPartition: "NPS1" };
    const refused = await failed(stack.preview());
    expect(saidOn(refused, "node1")).toContain("another memory mode was requested outside Pulumi");
    args = { computePartition: "CPX", memoryPartition: "NPS4" };
    const run = await stack.up();
    expect(saidOn(run, "node1")).toContain("this change replaces it");
    expect(node.state()).toMatchObject({ memory: "NPS4", staged: null });
  });
});
