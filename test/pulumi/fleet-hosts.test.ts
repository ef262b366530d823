import { GpuPartitionConfig, ModelFleet, type ModelFleetArgs } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { parseKey } from "../../provider/resource-key.ts";
import { Machine } from "../support/container.ts";
import { createStack, type TestStack } from "../support/engine.ts";
import { startHost, type TestHost } from "../support/hosts.ts";
import { sized } from "../support/sized-model.ts";
import { inputsOf, saidOn } from "../support/stack-program.ts";

type Models = ModelFleetArgs["models"];

const namesOn = (host: TestHost): readonly string[] =>
  (host.record()?.reservations ?? []).map(({ key }) => parseKey(key).name.replace("fleet-", "")).toSorted();

describe("a fleet on two hosts by ssh", () => {
  let small: TestHost;
  let large: TestHost;
  let stack: TestStack;
  const program =
    (models: Models, hosts: readonly ("small" | "large")[], rebalance: "never" | "when-needed" = "never") =>
    async () => {
      const configs = {
        small: () =>
          new GpuPartitionConfig("small", {
            ...small.args,
            computePartition: "DPX",
            memoryPartition: "NPS1",
          }),
        large: () =>
          new GpuPartitionConfig("large", {
            ...large.args,
            computePartition: "SPX",
            memoryPartition: "NPS1",
          }),
      };
      const gpus = hosts.map((name) => configs[name]());
      new ModelFleet("fleet", { gpus, models, rebalance });
    };
  const placeOf = async (name: string): Promise<string> => {
    const { deployment } = await stack.exportStack();
    const { resources } = deployment as { resources: { urn: string; outputs?: Record<string, unknown> }[] };
    const outputs = resources.find(({ urn }) => urn.endsWith(`::fleet-${name}`))?.outputs ?? {};
    return `${String(outputs["partitionConfig"])} ${String(outputs["partitionIds"])}`;
  };
  beforeAll(async () => {
    [small, large] = await Promise.all([
      startHost("ssh", { gpus: 1 }),
      startHost("ssh", { gpus: 2, seed: "large" }),
    ]);
    stack = await createStack(program({}, ["small", "large"]));
  });
  afterAll(async () => {
    await stack?.dispose();
    await Promise.all([small?.stop(), large?.stop()]);
  });

  const first = {
    wide: sized("wide", 300, { span: "host" as const }),
    a: sized("a", 60, {}),
    b: sized("b", 60, {}),
  };

  it("is placed on both in the first preview, one model over two GPUs, and the update places them there", async () => {
    const preview = await stack.preview({ program: program(first, ["small", "large"]) });
    const previewed = Object.keys(first).map((name) => {
      const { partitionConfig, partitionIds, env } = inputsOf(preview, `fleet-${name}`);
      return { name, partitionConfig, partitionIds, env };
    });
    expect(previewed).toEqual([
      {
        name: "wide",
        partitionConfig: "large",
        partitionIds: ["0000:0c:00.0", "0000:22:00.0"],
        env: { ROCR_VISIBLE_DEVICES: "0,1" },
      },
      expect.objectContaining({ partitionConfig: "small", partitionIds: ["0000:0c:00.0"] }),
      expect.objectContaining({ partitionConfig: "small", partitionIds: ["0000:0c:00.1"] }),
    ]);
    expect([namesOn(small), namesOn(large)]).toEqual([[], []]);
    const up = await stack.up({ program: program(first, ["small", "large"]) });
    expect(previewed.map(({ name }) => inputsOf(up, `fleet-${name}`)["partitionIds"])).toEqual(
      previewed.map(({ partitionIds }) => partitionIds),
    );
    expect([namesOn(small), namesOn(large)]).toEqual([["a", "b"], ["wide"]]);
  });

  it("changes nothing when it is run again, and moves nobody for one more", async () => {
    const same = program(first, ["small", "large"]);
    expect((await stack.preview({ program: same })).changes).toEqual([]);
    const more = program({ ...first, c: sized("c", 20, {}) }, ["small", "large"]);
    expect((await stack.up({ program: more })).changes).toEqual(["create fleet-c"]);
  });

  it("shows a member that is called otherwise as one that comes beside one that goes, and refuses it where both have no room", async () => {
    const c = sized("c", 20, {});
    const small = await stack.preview({
      program: program({ ...first, gamma: c }, ["small", "large"], "when-needed"),
    });
    expect(small.changes.toSorted()).toEqual(["create fleet-gamma", "delete fleet-c"]);
    const { a, ...rest } = first;
    const large = program({ ...rest, c, alpha: a }, ["small", "large"], "when-needed");
    await expect(stack.preview({ program: large })).rejects.toThrow(
      /'fleet-alpha' has a problem: model a does not fit:[^]*the devices of \S+::fleet-a\n/,
    );
  });

  it("moves one to the other host where that is allowed, with its bytes in the preview", async () => {
    await stack.up({ program: program({}, ["small", "large"]) });
    const alone = { x: sized("x", 60, {}), y: sized("y", 60, {}) };
    await stack.up({ program: program(alone, ["large"]) });
    expect([namesOn(small), namesOn(large)]).toEqual([[], ["x", "y"]]);
    const both = ["small", "large"] as const;
    const wide = { ...alone, wide: sized("wide", 300, { span: "host" as const }) };
    await expect(stack.preview({ program: program(wide, both) })).rejects.toThrow(/wide does not fit/);
    const preview = await stack.preview({ program: program(wide, both, "when-needed") });
    const moves = ["x", "y"].map((name) => saidOn(preview, `fleet-${name}`));
    expect(moves.join("\n")).toMatch(
      /moves from 0000:0c:00\.0 on \S+ to 0000:0c:00\.\d on \S+ and loads \d+\.\d GiB again/,
    );
    await stack.up({ program: program(wide, both, "when-needed") });
    expect([namesOn(small), namesOn(large)]).toEqual([["x", "y"], ["wide"]]);
    expect(await placeOf("wide")).toBe("large 0000:0c:00.0,0000:22:00.0");
    expect((await stack.preview({ program: program(wide, both, "when-needed") })).changes).toEqual([]);
  });

  it("previews with a host that another resource will create, and places all in the update", async () => {
    await stack.destroy();
    const { connection } = large.node ?? {};
    if (!connection) throw new Error("the large host has no node");
    const withMachine = async () => {
      const machine = new Machine("machine", { addressToBe: connection.host });
      const known = new GpuPartitionConfig("small", {
        ...small.args,
        computePartition: "DPX",
        memoryPartition: "NPS1",
      });
      const unknown = new GpuPartitionConfig("large", {
        connection: { ...connection, host: machine.address },
        computePartition: "SPX",
        memoryPartition: "NPS1",
      });
      new ModelFleet("fleet", { gpus: [known, unknown], models: first });
    };
    const preview = await stack.preview({ program: withMachine });
    expect(preview.changes).toHaveLength(7);
    expect(inputsOf(preview, "fleet-wide")["partitionIds"]).toBe("[unknown]");
    await stack.up({ program: withMachine });
    expect([namesOn(small), namesOn(large)]).toEqual([["a", "b"], ["wide"]]);
    expect((await stack.preview({ program: withMachine })).changes).toEqual([]);
  });
});
