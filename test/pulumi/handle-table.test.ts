import { beforeAll, describe, expect, test } from "vitest";

import { checkAllocation } from "../../provider/operations/allocation/check.ts";
import { identityOf, type Program, type Properties, urnOf } from "../histories/resource.ts";
import { session } from "../histories/session.ts";
import type { World } from "../histories/world.ts";
import { QWEN } from "../support/stack-program.ts";

/** The platform's stack declares the GPUs; the application's stack has their handle and its own connection. */
const PLATFORM: Program = [
  {
    kind: "partition",
    name: "node",
    args: { connection: { host: "h1", user: "platform" }, computePartition: "CPX", memoryPartition: "NPS1" },
  },
];
const NODE = identityOf(urnOf("platform", "prod", { kind: "partition", name: "node" }));
const MODEL = identityOf(urnOf("application", "dev", { kind: "allocation", name: "chat" }));
const CONNECTION = { connection: { host: "h1", user: "application" } };

let world: World;
let handle: Properties;

beforeAll(async () => {
  const platform = session({ h1: 2, h2: 1 });
  await platform.up(PLATFORM);
  const outputs = platform.stack().resources[0]?.outputs ?? {};
  const { hostId, layout, partitions, memoryDomains, deviceNodes } = outputs;
  handle = { hostId, layout, partitions, memoryDomains, deviceNodes, identity: NODE };
  world = platform.world;
});

const newsOf = (gpus: unknown, access: Properties): Properties => ({
  ...QWEN,
  gpus: [gpus],
  hosts: [{ ...access, identity: (gpus as Properties | null)?.["identity"] }],
  identity: MODEL,
});

const check = (news: Properties, olds: Properties = {}) => checkAllocation(world.operation(), olds, news);

interface Case {
  readonly title: string;
  readonly gpus?: unknown;
  readonly access?: Properties;
  readonly failures: readonly string[];
  readonly says?: RegExp;
}

const CASES: readonly Case[] = [
  { title: "places a model on the devices of a handle", failures: [] },
  {
    title: "refuses a handle that the other stack does not export",
    gpus: null,
    failures: ["invalid-input"],
    says: /^gpus\[0\] must be a GpuPartitionConfig, its output handle, or/,
  },
  {
    title: "refuses a connection that leads to another host",
    access: { connection: { host: "h2" } },
    failures: ["handle-of-other-host"],
  },
  {
    title: "names the handle's entry where its connection is wrong",
    access: { connection: { host: "h1", port: -1 } },
    failures: ["invalid-input"],
    says: /^gpus\[0\]\.connection\.port must be/,
  },
];

describe("a handle of another stack", () => {
  test.each(CASES)("$title", async ({ gpus = handle, access = CONNECTION, failures, says }) => {
    const checked = await check(newsOf(gpus, access));
    expect(checked.failures.map(({ code }) => code)).toEqual(failures);
    if (says) expect(checked.failures[0]?.text).toMatch(says);
    if (failures.length > 0) return;
    expect(checked.inputs["env"]).toEqual({ ROCR_VISIBLE_DEVICES: "0" });
    expect(checked.inputs["container"]).toMatchObject({ devices: ["/dev/kfd", "/dev/dri/renderD128"] });
    expect(checked.inputs["partitionConfig"]).toBe("node");
    expect(JSON.stringify(checked.inputs)).not.toContain('"user":"platform"');
  });

  test("leaves out a GPU whose modes are no longer those of the handle, with a warning", async () => {
    await withDrift(async () => {
      const { inputs, failures, notes } = await check(newsOf(handle, CONNECTION));
      expect(failures).toEqual([]);
      expect(notes.map(({ message: { code } }) => code)).toContain("gpus-in-other-modes");
      expect(inputs["partitionIds"]).toEqual(["0000:22:00.0"]);
    });
  });

  test("refuses to move a model whose GPU changed, and names the stack to update", async () => {
    const { inputs } = await check(newsOf(handle, CONNECTION));
    await withDrift(async () => {
      const { failures } = await check(newsOf(handle, CONNECTION), inputs);
      expect(failures.map(({ text }) => text)).toEqual([
        "gpus[0] is out of date for 0000:0c:00.0 (CPX/NPS1 in the handle, SPX/NPS1 on the host), and the model is placed there; update stack platform/prod first",
      ]);
    });
    expect((await check(newsOf(handle, CONNECTION), inputs)).failures).toEqual([]);
  });
});

/** The first GPU in SPX meanwhile. */
async function withDrift(body: () => Promise<void>): Promise<void> {
  world.host("h1").drift(0, "SPX");
  try {
    await body();
  } finally {
    world.host("h1").drift(0, "CPX");
  }
}
