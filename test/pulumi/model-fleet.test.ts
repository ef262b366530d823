import * as pulumi from "@pulumi/pulumi";
import { GpuPartitionConfig, ModelAllocation, ModelFleet, type ModelFleetArgs } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createStack, type TestStack } from "../support/engine.ts";
import { startHost, type TestHost } from "../support/hosts.ts";
import { sized } from "../support/sized-model.ts";

const whole = (name: string, gibibytes: number) => sized(name, gibibytes, { tensorParallel: 1 as const });

/** Best fit in the order of declaration would put "b" beside "a" and need a third device for "d". */
const MODELS = { a: whole("a", 40), b: whole("b", 35), c: whole("c", 55), d: whole("d", 50) };

const placesOf = async (stack: TestStack): Promise<Readonly<Record<string, unknown>>> =>
  Object.fromEntries(
    Object.entries(await stack.outputs()).flatMap(([name, { value }]) =>
      typeof value === "string" ? [[name, value]] : [],
    ),
  );

describe("a fleet of models on one host of two devices", () => {
  let host: TestHost;
  let stack: TestStack;
  const program =
    (models: ModelFleetArgs["models"], rebalance: "never" | "when-needed" = "never") =>
    async () => {
      const gpus = new GpuPartitionConfig("node1", {
        ...host.args,
        computePartition: "DPX",
        memoryPartition: "NPS1",
      });
      const { allocations, placements, moves, proof } = new ModelFleet("fleet", { gpus, models, rebalance });
      return {
        ...Object.fromEntries(
          Object.entries(allocations).map(([name, one]) => [name, one.partitionIds.apply(String)]),
        ),
        placements,
        moves,
        proof,
      };
    };
  beforeAll(async () => {
    host = await startHost("simulation", { gpus: 1 });
    stack = await createStack(program(MODELS));
  });
  afterAll(async () => {
    await stack?.dispose();
    await host?.stop();
  });

  it("is placed as a whole in the first preview, where one after the other would not fit", async () => {
    const { outputs, diagnostics } = await stack.preview();
    const places = outputs as Readonly<Record<string, string>>;
    expect(places["a"]).not.toBe(places["b"]);
    expect(places["c"]).not.toBe(places["d"]);
    expect(diagnostics.map(({ message }) => message).join("\n")).toContain("placed with 3 other models");
    expect(outputs["placements"]).toMatchObject({ a: { partitionIds: [places["a"]] } });
    expect(outputs["moves"]).toEqual([]);
    expect(outputs["proof"]).toMatchObject({ optimal: true, devices: { value: 2, atLeast: 2 } });
    await stack.up();
    const again = await stack.preview();
    expect(again.changes).toEqual([]);
    expect(again.outputs["proof"]).toEqual(outputs["proof"]);
    expect(JSON.stringify((await stack.exportStack()).deployment)).not.toContain('"fleet":"');
  });

  it("moves nobody when one leaves, and nobody when one comes back", async () => {
    const before = await placesOf(stack);
    const { d: _gone, ...three } = MODELS;
    expect((await stack.up({ program: program(three) })).changes).toEqual(["delete fleet-d"]);
    expect((await stack.up({ program: program(MODELS) })).changes).toEqual(["create fleet-d"]);
    expect(await placesOf(stack)).toEqual(before);
  });

  it("refuses one more with the arithmetic, and moves one for it only when that is allowed", async () => {
    await stack.destroy();
    const two = { p: whole("p", 40), q: whole("q", 25) };
    await stack.up({ program: program(two) });
    const three = { ...two, r: whole("r", 30) };
    await stack.up({ program: program(three) });
    const before = await placesOf(stack);
    const four = { ...three, s: whole("s", 65) };
    await expect(stack.preview({ program: program(four) })).rejects.toThrow(
      /s does not fit:\s+1 device of 0000:0c:00\.0: .* > 63\.5 GiB free[^]*\n\s+rebalance "when-needed", which may move the 3 running models of this fleet\n/,
    );
    const preview = await stack.preview({ program: program(four, "when-needed") });
    expect(preview.changes.toSorted()).toEqual(["create fleet-s", "update fleet-p"]);
    expect(preview.diagnostics.map(({ message }) => message).join("\n")).toContain(
      "moves from 0000:0c:00.0 to 0000:0c:00.1 and loads 42.5 GiB again",
    );
    await stack.up({ program: program(four, "when-needed") });
    const after = await placesOf(stack);
    expect((await stack.outputs())["moves"]?.value).toEqual([
      expect.objectContaining({
        model: "p",
        from: expect.objectContaining({ deviceIds: [before["p"]] }) as object,
        to: expect.objectContaining({ deviceIds: [after["p"]] }) as object,
      }),
    ]);
    expect(after).toEqual({ ...before, p: before["r"], s: before["q"] });
    const held = new Map<string, number>();
    for (const one of host.record()?.reservations ?? []) {
      for (const { id, bytes } of one.devices) held.set(id, (held.get(id) ?? 0) + bytes);
    }
    expect(held.size).toBe(2);
    expect(Math.max(...held.values())).toBeLessThanOrEqual(96 * 2 ** 30);
    expect((await stack.preview({ program: program(four, "when-needed") })).changes).toEqual([]);
  });
});

describe("copies of a model with anti-affinity", () => {
  let host: TestHost;
  let stack: TestStack;
  const program = (replicas: number) => async () => {
    const gpus = new GpuPartitionConfig("node1", {
      ...host.args,
      computePartition: "CPX",
      memoryPartition: "NPS1",
    });
    const models = { chat: { ...whole("chat", 2), replicas, apart: "gpu" as const } };
    const { allocations } = new ModelFleet("fleet", { gpus, models });
    const list: readonly ModelAllocation[] = Object.values(allocations);
    return { places: list.map((one) => one.partitionIds.apply(String)) };
  };
  beforeAll(async () => {
    host = await startHost("simulation", { gpus: 3 });
    stack = await createStack(program(3));
  });
  afterAll(async () => {
    await stack?.dispose();
    await host?.stop();
  });

  it("are on a GPU each, and one too many is refused", async () => {
    const places = (await stack.preview()).outputs["places"] as readonly string[];
    expect(new Set(places.map((id) => id.replace(/\.\d$/, ""))).size).toBe(3);
    await stack.up();
    expect(host.record()?.reservations.map((one) => one.antiAffinity?.level)).toEqual(Array(3).fill("gpu"));
    await expect(stack.up({ program: program(4) })).rejects.toThrow(/not apart|does not fit/);
  });
});

/** The fleet of version 0.1.0, which called a member what its model is called in the fleet. */
class FormerFleet extends pulumi.ComponentResource {
  constructor(name: string, { gpus, models }: Pick<ModelFleetArgs, "models"> & { gpus: GpuPartitionConfig }) {
    super("amdgpu:index:ModelFleet", name, {});
    for (const [model, args] of Object.entries(models))
      new ModelAllocation(model, { ...args, gpus }, { parent: this });
    this.registerOutputs({});
  }
}

describe("members that version 0.1.0 named", () => {
  let host: TestHost;
  let stack: TestStack;
  const program =
    (Fleet: typeof FormerFleet | typeof ModelFleet, models: ModelFleetArgs["models"]) => async () => {
      const layout = { computePartition: "DPX", memoryPartition: "NPS1" } as const;
      const gpus = new GpuPartitionConfig("node1", { ...host.args, ...layout });
      new Fleet("fleet", { gpus, models });
    };
  beforeAll(async () => {
    host = await startHost("simulation", { gpus: 1 });
    stack = await createStack(program(FormerFleet, {}));
  });
  afterAll(async () => {
    await stack?.dispose();
    await host?.stop();
  });

  it("stay where they are under their new names, and leave no reservation behind", async () => {
    const { a, b, c } = MODELS;
    await stack.up({ program: program(FormerFleet, { a, c }) });
    const reserved = () => host.record()?.reservations.map(({ key, devices }) => [key, devices[0]?.id]);
    const before = reserved();
    expect((await stack.up({ program: program(ModelFleet, { a, c }) })).changes).toEqual([]);
    expect(reserved()).toEqual(before);
    const more = program(ModelFleet, { a, b, c });
    expect((await stack.up({ program: more })).changes).toEqual(["create fleet-b"]);
    expect((await stack.preview({ program: more })).changes).toEqual([]);
    expect((await stack.up({ program: program(ModelFleet, { b, c }) })).changes).toEqual(["delete fleet-a"]);
    await stack.destroy();
    expect(host.record()).toMatchObject({ reservations: [], owners: {} });
  });
});
