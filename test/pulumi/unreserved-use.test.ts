import { GpuPartitionConfig, ModelAllocation, ModelFleet } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createStack, type TestStack } from "../support/engine.ts";
import { startHost, type TestHost } from "../support/hosts.ts";
import { inputsOf, QWEN, saidOn } from "../support/stack-program.ts";

const GIBIBYTE = 2 ** 30;

describe("unreserved use on a host by ssh", () => {
  let host: TestHost;
  let stack: TestStack;
  const program =
    (models: Readonly<Record<string, object>>, together: "fleet" | "alone" = "alone") =>
    async () => {
      const layout = { computePartition: "CPX", memoryPartition: "NPS1" } as const;
      const gpus = new GpuPartitionConfig("node1", { ...host.args, ...layout });
      if (together === "fleet") {
        const members = Object.entries(models).map(([name, model]) => [name, { ...QWEN, ...model }] as const);
        new ModelFleet("fleet", { gpus, models: Object.fromEntries(members) });
        return;
      }
      for (const [name, model] of Object.entries(models))
        new ModelAllocation(name, { gpus, ...QWEN, ...model });
    };
  beforeAll(async () => {
    host = await startHost("ssh", { gpus: 1 });
    stack = await createStack(program({ a: {} }));
    await stack.up();
    // Ours, well within what it reserved, and a stranger beside it.
    await host.node?.holdGpus([
      { name: "vllm", gpu: 0, partition: 0, vramBytes: 5 * GIBIBYTE },
      { name: "python3", gpu: 0, partition: 0, vramBytes: 20 * GIBIBYTE },
      { name: "python3", gpu: 0, partition: 1, vramBytes: 3 * GIBIBYTE },
    ]);
  });
  afterAll(async () => {
    await stack?.dispose();
    await host?.stop();
  });

  it("is shown, is a warning where a model does not fit beside it, and moves nothing", async () => {
    const preview = await stack.preview({ program: program({ a: {}, b: {} }) });
    expect(inputsOf(preview, "b")["partitionIds"]).toEqual(["0000:0c:00.0"]);
    const beside =
      /of 0000:0c:00\.0 are used without a reservation by python3 \(pid \d+\), vllm \(pid \d+\); the model needs .* there, but only .* are free\. Stop/;
    expect(saidOn(preview, "b")).toMatch(beside);
    expect(preview.changes).toEqual(["create b"]);
  });

  it("is placed around with respectForeignUse, by a model alone and by a fleet", async () => {
    const respectful = { respectForeignUse: true };
    const alone = await stack.preview({ program: program({ a: {}, b: respectful }) });
    expect(inputsOf(alone, "b")["partitionIds"]).toEqual(["0000:0c:00.1"]);
    expect(saidOn(alone, "b")).toMatch(
      /3\.0 GiB of 0000:0c:00\.1 are used without a reservation by python3 \(pid \d+\)/,
    );
    const fleet = await stack.preview({ program: program({ b: respectful, c: respectful }, "fleet") });
    expect(["fleet-b", "fleet-c"].map((name) => inputsOf(fleet, name)["partitionIds"])).toEqual([
      ["0000:0c:00.1"],
      ["0000:0c:00.1"],
    ]);
  });

  it("does not move a model when it comes and goes", async () => {
    const respectful = program({ a: { respectForeignUse: true }, b: { respectForeignUse: true } });
    await stack.up({ program: respectful });
    await host.node?.releaseGpus(host.node.state().processes.map(({ pid }) => pid));
    const preview = await stack.preview({ program: respectful });
    expect(preview.changes).toEqual([]);
    expect(saidOn(preview, "b")).toBe("");
  });
});
