import { join } from "node:path";

import { GpuPartitionConfig, ModelAllocation } from "pulumi-amd-gpu";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createStack, failed, type TestStack } from "../support/engine.ts";
import { type HostKind, profileOf, startHost, type TestHost } from "../support/hosts.ts";
import { outputsOf, QWEN } from "../support/stack-program.ts";

describe.each<HostKind>(["simulation", "ssh"])("an update bound to a saved plan on a host by %s", (kind) => {
  let host: TestHost;
  let stack: TestStack;
  const program = async (): Promise<void> => {
    const gpus = new GpuPartitionConfig("node1", { ...host.args, ...profileOf("CPX", "NPS1") });
    new ModelAllocation("one", { gpus, ...QWEN });
    new ModelAllocation("two", { gpus, ...QWEN });
  };
  beforeEach(async () => {
    host = await startHost(kind, { gpus: 1 });
    stack = await createStack(program);
  });
  afterEach(async () => {
    await stack?.dispose();
    await host?.stop();
  });

  it("creates on an empty stack what the preview planned, and repairs a drift", async () => {
    const plan = join(stack.folder, "plan.json");
    await stack.preview({ plan });
    const up = await stack.up({ plan });
    expect(up.changes).toEqual(["create node1", "create one", "create two"]);
    expect(host.modes()).toEqual(["CPX/NPS1"]);
    expect(outputsOf(up, "one")["container"]).toMatchObject({
      devices: expect.arrayContaining(["/dev/kfd"]) as unknown,
    });
    await host.drift(0, "SPX");
    await stack.preview({ plan });
    expect((await stack.up({ plan })).changes).toContain("update node1");
    expect(host.modes()).toEqual(["CPX/NPS1"]);
  });

  it("changes nothing when the host changed since the preview", async () => {
    await stack.up();
    const plan = join(stack.folder, "plan.json");
    await stack.preview({ plan });
    await host.drift(0, "SPX");
    const run = await failed(stack.up({ plan }));
    expect(run.output).toContain("violates plan");
    expect(host.modes()).toEqual(["SPX/NPS1"]);
  });
});
