import * as pulumi from "@pulumi/pulumi";
import { GpuPartitionConfig, ModelAllocation } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createStack, type TestStack } from "../support/engine.ts";
import { startHost, type TestHost } from "../support/hosts.ts";
import { LLAMA } from "../support/stack-program.ts";

/** Two hosts and the models on them, as a component of a user. */
class Cluster extends pulumi.ComponentResource {
  readonly places: pulumi.Output<string[]>;
  constructor(name: string, hosts: readonly TestHost[], models: number) {
    super("test:index:Cluster", name);
    const parent = { parent: this };
    const gpus = hosts.map(
      (host, number) =>
        new GpuPartitionConfig(
          `${name}-${number}`,
          { ...host.args, computePartition: "DPX", memoryPartition: "NPS1" },
          parent,
        ),
    );
    const placed = Array.from(
      { length: models },
      (_, number) =>
        new ModelAllocation(`${name}-model${number}`, { gpus, ...LLAMA, exclusive: true }, parent),
    );
    this.places = pulumi.all(
      placed.map((model) => pulumi.interpolate`${model.hostId} ${model.partitionIds.apply(String)}`),
    );
  }
}

describe("resources within a component, over two hosts", () => {
  let hosts: readonly TestHost[];
  let stack: TestStack;
  const program = (models: number) => async () => ({ places: new Cluster("c", hosts, models).places });
  beforeAll(async () => {
    hosts = await Promise.all([startHost("simulation", { gpus: 1 }), startHost("simulation", { gpus: 1 })]);
    stack = await createStack(program(3));
  });
  afterAll(async () => {
    await stack?.dispose();
    for (const host of hosts) await host.stop();
  });

  it("are placed in the order of declaration: the first host first, then the second", async () => {
    const preview = await stack.preview();
    const places = preview.outputs["places"] as readonly string[];
    expect(places.map((place) => place.split(" ")[1])).toEqual([
      "0000:0c:00.0",
      "0000:0c:00.1",
      "0000:0c:00.0",
    ]);
    expect(new Set(places).size).toBe(3);
    await stack.up();
    expect((await stack.outputs())["places"]?.value).toEqual(places);
    expect((await stack.preview()).changes).toEqual([]);
  });

  it("stay where they are when others come and go", async () => {
    const before = (await stack.outputs())["places"]?.value as readonly string[];
    await stack.up({ program: program(4) });
    const after = (await stack.outputs())["places"]?.value as readonly string[];
    expect(after.slice(0, 3)).toEqual(before);
    expect((await stack.up({ program: program(2) })).changes.toSorted()).toEqual([
      "delete c-model2",
      "delete c-model3",
    ]);
    await stack.destroy();
  });
});
