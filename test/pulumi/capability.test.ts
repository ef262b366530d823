import { GpuPartitionConfig, type GpuPartitionConfigArgs } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createStack, failed, type TestStack } from "../support/engine.ts";
import { type FakeNode, type FakeNodeOptions, startFakeNode } from "../support/fake-node/start.ts";
import { inputsOf, saidOn } from "../support/stack-program.ts";

interface Case {
  readonly host: string;
  readonly options: FakeNodeOptions;
  readonly auto: "REAL_PARTITIONING" | "SIMULATION" | "NONE";
  readonly reason: RegExp;
}

const CASES: readonly Case[] = [
  {
    host: "an MI300X with a working amd-smi",
    options: {},
    auto: "REAL_PARTITIONING",
    reason: /1 x MI300X with a working amd-smi 26\.2\.1/,
  },
  {
    host: "an MI300X without amd-smi",
    options: { amdSmi: "absent" },
    auto: "NONE",
    reason: /amd-smi is not installed/,
  },
  {
    host: "an MI210, which cannot be partitioned",
    options: { accelerator: "MI210" },
    auto: "SIMULATION",
    reason: /none of the 1 AMD GPUs .* supports partition modes/,
  },
  {
    host: "a host without AMD GPUs",
    options: { gpus: 0 },
    auto: "SIMULATION",
    reason: /no AMD GPU was found/,
  },
  {
    host: "an SR-IOV guest",
    options: { platform: "guest" },
    auto: "NONE",
    reason: /SR-IOV guest, which can query partitions but not set them/,
  },
  {
    host: "a user without the right to change modes",
    options: { user: "ops", sudo: "denied" },
    auto: "NONE",
    reason: /cannot change partitions; log in as root, or allow the user sudo without a password/,
  },
];

describe.each(CASES)("on $host", ({ options, auto, reason }) => {
  let node: FakeNode;
  let stack: TestStack;
  beforeAll(async () => {
    node = await startFakeNode({ gpus: 1, rocm: "7.2", ...options });
    stack = await createStack(async () => undefined);
  });
  afterAll(async () => {
    await stack?.dispose();
    await node?.stop();
  });
  const declare = (mode: GpuPartitionConfigArgs["mode"] & string) => async () => {
    const layout = { computePartition: "CPX", memoryPartition: "NPS1" } as const;
    new GpuPartitionConfig("node1", { connection: node.connection, mode, ...layout });
  };

  it(`"auto" says ${auto}, with the reason`, async () => {
    if (auto === "NONE") {
      expect((await failed(stack.preview({ program: declare("auto") }))).output).toMatch(reason);
      return;
    }
    const preview = await stack.preview({ program: declare("auto") });
    expect(inputsOf(preview, "node1")).toMatchObject({
      capability: { level: auto, reason: expect.stringMatching(reason) as string },
    });
    const warned = preview.diagnostics.filter((one) => one.severity === "warning").map((one) => one.message);
    if (auto === "SIMULATION") expect(warned.join()).toMatch(/SIMULATION: .*nothing on this host changes/);
    else expect(warned).toEqual([]);
  });

  it(`"real" ${auto === "REAL_PARTITIONING" ? "takes it" : "refuses it before anything is touched"}`, async () => {
    if (auto === "REAL_PARTITIONING") {
      expect(inputsOf(await stack.preview({ program: declare("real") }), "node1")).toMatchObject({
        capability: { level: auto },
      });
      return;
    }
    expect((await failed(stack.preview({ program: declare("real") }))).output).toMatch(reason);
    expect(node.commands().filter((command) => command.argv[0] === "set")).toEqual([]);
  });

  it('"simulation" never contacts it', async () => {
    node.resetCounts();
    const preview = await stack.preview({ program: declare("simulation") });
    expect(inputsOf(preview, "node1")).toMatchObject({ capability: { level: "SIMULATION" } });
    expect(saidOn(preview, "node1")).not.toContain("warning");
    expect(node.counts().connections).toBe(0);
  });
});
