import { GpuPartitionConfig, ModelAllocation } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createStack, type TestStack } from "../support/engine.ts";
import { type HostKind, startHost, type TestHost } from "../support/hosts.ts";
import { LLAMA } from "../support/stack-program.ts";

/** Takes nearly all of one CPX device, so that two never share one. */
const MODELS = ["a", "b", "c"];

/** A stack that was slower is refused with what changed, and places its models elsewhere when it is run again. */
async function upInTheEnd(stack: TestStack): Promise<void> {
  for (let attempt = 0; attempt < 6; attempt++) {
    try {
      await stack.up();
      return;
    } catch (error) {
      expect(String(error)).toMatch(
        // "is declared by": between the other's entry in the record and its first step, in which it has declared the GPU and changed nothing.
        /changed since the plan was computed|another run is changing|is changing the partitions|is declared by/,
      );
    }
  }
  throw new Error("never came through");
}

describe.each<HostKind>(["simulation", "ssh"])("two stacks on one host by %s", (kind) => {
  let host: TestHost;
  let stacks: readonly TestStack[];
  const program = async () => {
    const gpus = new GpuPartitionConfig("node1", {
      ...host.args,
      computePartition: "CPX",
      memoryPartition: "NPS1",
    });
    const envs = MODELS.map((name) => new ModelAllocation(name, { gpus, ...LLAMA }).partitionIds);
    return { placed: envs };
  };
  beforeAll(async () => {
    host = await startHost(kind, { gpus: 1 });
    stacks = await Promise.all(["blue", "green"].map((name) => createStack(program, { name })));
  });
  afterAll(async () => {
    for (const stack of stacks ?? []) await stack.dispose();
    await host?.stop();
  });

  it("reserve every device once, although both engines run at the same time", async () => {
    await Promise.all(stacks.map(upInTheEnd));
    const reservations = host.record()?.reservations ?? [];
    expect(reservations.map((one) => one.key)).toEqual(
      ["blue", "green"].flatMap((stack) => MODELS.map((name) => `engine-test/${stack}/${name}`)),
    );
    const devices = reservations.flatMap((one) => one.devices.map((claim) => claim.id));
    expect(new Set(devices).size).toBe(devices.length);
    for (const stack of stacks) expect((await stack.preview()).changes).toEqual([]);
  });

  it("leave the layout to each other: only the last one restores it", async () => {
    const [blue, green] = stacks;
    await blue?.destroy();
    expect(host.modes()).toEqual(["CPX/NPS1"]);
    expect((await green?.preview())?.changes).toEqual([]);
    await green?.destroy();
    expect(host.modes()).toEqual(["SPX/NPS1"]);
    expect(host.record()).toMatchObject({ reservations: [], owners: {}, before: {} });
  });
});
