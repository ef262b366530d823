import { GpuPartitionConfig, type GpuPartitionConfigArgs, ModelAllocation } from "pulumi-amd-gpu";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createStack, type TestStack } from "../support/engine.ts";
import { type HostKind, startHost, type TestHost } from "../support/hosts.ts";
import { QWEN } from "../support/stack-program.ts";

describe.each<HostKind>(["simulation", "ssh"])("a host by %s after everything was destroyed", (kind) => {
  let host: TestHost;
  let stack: TestStack;
  const declare = (layout: GpuPartitionConfigArgs) => async () => {
    new GpuPartitionConfig("node1", { ...host.args, ...layout });
  };
  beforeEach(async () => {
    host = await startHost(kind, { gpus: 3 });
    stack = await createStack(async () => undefined);
  });
  afterEach(async () => {
    await stack.dispose();
    await host.stop();
  });
  const expectAsBefore = (): void => {
    expect(host.modes()).toEqual(["SPX/NPS1", "SPX/NPS1", "SPX/NPS1"]);
    expect(host.record()).toMatchObject({ reservations: [], owners: {}, before: {} });
    expect(host.record()?.journal).toBeUndefined();
  };

  it("has its earlier modes, on GPUs that left the declaration too", async () => {
    const cpx = { computePartition: "CPX", memoryPartition: "NPS1" } as const;
    await stack.up({ program: declare({ profiles: [cpx] }) });
    await stack.up({ program: declare({ profiles: [{ ...cpx, gpus: [0] }] }) });
    expect(host.modes()).toEqual(["CPX/NPS1", "CPX/NPS1", "CPX/NPS1"]);
    await stack.destroy();
    expectAsBefore();
  });

  it("has its earlier modes, on skipped GPUs that a memory mode reached", async () => {
    const cpx = { computePartition: "CPX", memoryPartition: "NPS4" } as const;
    await stack.up({ program: declare({ profiles: [cpx], skippedGPUs: { ids: [2] } }) });
    expect(host.modes()[2]).toMatch(/NPS4$/);
    await stack.destroy();
    expectAsBefore();
  });

  it('keeps the layout, with onDelete: "keep"', async () => {
    await stack.up({
      program: declare({ computePartition: "DPX", memoryPartition: "NPS1", onDelete: "keep" }),
    });
    await stack.destroy();
    expect(host.modes()).toEqual(["DPX/NPS1", "DPX/NPS1", "DPX/NPS1"]);
    expect(host.record()).toMatchObject({ owners: {}, before: {} });
  });

  it("has its earlier modes, although resources were renamed in between, and the models did not move", async () => {
    const program = (node: string, model: string, aliases: readonly { name: string }[]) => async () => {
      const [nodeAlias, modelAlias] = aliases;
      const layout = { computePartition: "CPX", memoryPartition: "NPS1" } as const;
      const gpus = new GpuPartitionConfig(
        node,
        { ...host.args, ...layout },
        nodeAlias && { aliases: [nodeAlias] },
      );
      const placed = new ModelAllocation(model, { gpus, ...QWEN }, modelAlias && { aliases: [modelAlias] });
      return { env: placed.env };
    };
    await stack.up({ program: program("old", "first", []) });
    const before = host.record()?.reservations;
    const renamed = program("new", "second", [{ name: "old" }, { name: "first" }]);
    expect((await stack.up({ program: renamed })).changes).toEqual([]);
    expect(host.record()?.reservations).toEqual(before);
    await stack.up({ program: program("new", "second", []) });
    await stack.destroy();
    expectAsBefore();
  });
});
