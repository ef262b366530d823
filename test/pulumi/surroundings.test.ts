import { GpuPartitionConfig, type GpuPartitionConfigArgs, ModelAllocation } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createStack, failed, type TestStack } from "../support/engine.ts";
import { createState } from "../support/fake-node/create-state.ts";
import { type FakeNode, type FakeNodeOptions, startFakeNode } from "../support/fake-node/start.ts";
import { LLAMA, outputsOf, saidOn } from "../support/stack-program.ts";

type Layout = Omit<GpuPartitionConfigArgs, "connection">;

/** One host with one declaration, and a model on it. */
const stackOn = async (options: FakeNodeOptions) => {
  const node = await startFakeNode({ rocm: "7.2", ...options });
  const stack = await createStack(async () => undefined);
  const declare = (layout: Layout, gpu?: string) => async () => {
    const gpus = new GpuPartitionConfig("node1", { connection: node.connection, ...layout });
    new ModelAllocation("llama", { gpus, ...LLAMA, ...(gpu !== undefined && { pin: { gpus: [gpu] } }) });
  };
  return { node, stack, declare };
};

const recordOf = (node: FakeNode) =>
  JSON.parse(node.readFile("/var/lib/pulumi-amd-gpu/host.json") ?? "{}") as Readonly<Record<string, unknown>>;

describe("an SR-IOV guest", () => {
  let node: FakeNode;
  let stack: TestStack;
  let declare: Awaited<ReturnType<typeof stackOn>>["declare"];
  beforeAll(async () => {
    ({ node, stack, declare } = await stackOn({ gpus: 2, platform: "guest" }));
  });
  afterAll(async () => {
    await stack?.dispose();
    await node?.stop();
  });

  it("is declared as it is, hands on its devices, and takes models", async () => {
    const program = declare({ computePartition: "SPX", memoryPartition: "NPS1" });
    const run = await stack.up({ program });
    expect(outputsOf(run, "node1")).toMatchObject({
      capability: { level: "NONE" },
      status: "Success",
      layout: { "0000:0c:00.0": "SPX/NPS1", "0000:22:00.0": "SPX/NPS1" },
    });
    expect(recordOf(node)).toMatchObject({
      owners: {},
      reservations: [{ key: expect.stringMatching(/llama$/) as string }],
    });
    expect(node.commands().filter((one) => one.argv[0] === "set")).toEqual([]);
    expect((await stack.preview({ program })).changes).toEqual([]);
  });

  it("is refused other modes, with the advice where to set them, and is destroyed", async () => {
    const program = declare({ computePartition: "CPX", memoryPartition: "NPS4" });
    expect((await failed(stack.preview({ program }))).output).toMatch(
      /this is an SR-IOV guest, which can query/,
    );
    await stack.destroy();
    expect(recordOf(node)).toMatchObject({ owners: {}, reservations: [] });
  });
});

describe("a host that loses a GPU", () => {
  let node: FakeNode;
  let stack: TestStack;
  let declare: Awaited<ReturnType<typeof stackOn>>["declare"];
  beforeAll(async () => {
    ({ node, stack, declare } = await stackOn({ gpus: 2, slowStart: { seconds: 3600 } }));
  });
  afterAll(async () => {
    await stack?.dispose();
    await node?.stop();
  });

  it("shows it as drift once, keeps its layout and its model, and is restored without it", async () => {
    const program = declare({ computePartition: "CPX", memoryPartition: "NPS1" }, "0000:0c:00.0");
    await stack.up({ program });
    await node.change((state) => ({ ...state, pendingGpus: 1, generation: state.generation + 1 }));

    const preview = await stack.preview({ program });
    expect(preview.changes).toEqual(["update node1"]);
    expect(saidOn(preview, "node1")).toContain("0000:22:00.0 is declared but missing on the host");
    const run = await stack.up({ program });
    expect(outputsOf(run, "node1")).toMatchObject({
      status: "Drifted",
      observed: { "0000:0c:00.0": "CPX/NPS1" },
      layout: { "0000:22:00.0": "CPX/NPS1" },
    });
    expect((await stack.preview({ program })).changes).toEqual([]);
    await stack.refresh();

    const other = declare({
      profiles: [{ computePartition: "DPX", memoryPartition: "NPS1", numGPUsAssigned: 2 }],
    });
    expect((await failed(stack.preview({ program: other }))).output).toContain(
      "selects GPUs by number or count, but 0000:22:00.0 is missing",
    );
    await stack.destroy();
    expect(node.state().gpus[0]?.compute).toBe("SPX");
    expect(recordOf(node)).toMatchObject({ owners: {} });
  });
});

describe("a stack whose host was simulated", () => {
  let node: FakeNode;
  let stack: TestStack;
  let declare: Awaited<ReturnType<typeof stackOn>>["declare"];
  beforeAll(async () => {
    ({ node, stack, declare } = await stackOn({ gpus: 0, amdSmi: "absent" }));
  });
  afterAll(async () => {
    await stack?.dispose();
    await node?.stop();
  });

  it("is no longer simulated on hardware, can be refreshed and destroyed, and learns how to keep the simulation", async () => {
    const program = declare({ computePartition: "CPX", memoryPartition: "NPS1" });
    const run = await stack.up({ program });
    expect(outputsOf(run, "node1")).toMatchObject({ capability: { level: "SIMULATION" } });
    await node.change((state) => ({ ...state, gpus: createState({ gpus: 2 }).gpus, generation: 2 }));
    const refused = await failed(stack.preview({ program }));
    expect(refused.output).toContain("amd-smi is not installed on the host");
    expect(refused.output).toContain('Set mode: "simulation" to keep the simulation');
    await stack.refresh();
    await stack.destroy();
    expect(node.state().gpus.map((gpu) => gpu.compute)).toEqual(["SPX", "SPX"]);
  });
});
