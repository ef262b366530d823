import { GpuPartitionConfig, type ModelAllocation, ModelFleet, type ModelFleetArgs } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createStack, type TestStack } from "../support/engine.ts";
import { startHost, type TestHost } from "../support/hosts.ts";
import { sized } from "../support/sized-model.ts";

const whole = (name: string, gibibytes: number) => sized(name, gibibytes, { tensorParallel: 1 as const });

/** Best fit in the order of declaration would put "b" beside "a" and need a third device for "d". */
const MODELS = { a: whole("a", 40), b: whole("b", 35), c: whole("c", 55), d: whole("d", 50) };

const placesOf = async (stack: TestStack): Promise<Readonly<Record<string, unknown>>> =>
  Object.fromEntries(
    Object.entries(await stack.outputs()).map(([name, { value }]) => [name, value as unknown]),
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
      const { allocations } = new ModelFleet("fleet", { gpus, models, rebalance });
      return Object.fromEntries(
        Object.entries(allocations).map(([name, one]) => [name, one.partitionIds.apply(String)]),
      );
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
    await stack.up();
    expect((await stack.preview()).changes).toEqual([]);
    expect(JSON.stringify((await stack.exportStack()).deployment)).not.toContain('"fleet":"');
  });

  it("moves nobody when one leaves, and nobody when one comes back", async () => {
    const before = await stack.outputs();
    const { d: _gone, ...three } = MODELS;
    expect((await stack.up({ program: program(three) })).changes).toEqual(["delete d"]);
    expect((await stack.up({ program: program(MODELS) })).changes).toEqual(["create d"]);
    expect(await stack.outputs()).toEqual(before);
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
    expect(preview.changes.toSorted()).toEqual(["create s", "update p"]);
    expect(preview.diagnostics.map(({ message }) => message).join("\n")).toContain(
      "moves from 0000:0c:00.0 to 0000:0c:00.1 and loads 42.5 GiB again",
    );
    await stack.up({ program: program(four, "when-needed") });
    const after = await placesOf(stack);
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

describe("copies of a model that keep apart", () => {
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
