import * as pulumi from "@pulumi/pulumi";
import { type GpuHandleArgs, GpuPartitionConfig, ModelAllocation, ModelFleet } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  createHome,
  createStack,
  failed,
  type PulumiHome,
  type Run,
  type TestStack,
} from "../support/engine.ts";
import { type HostKind, startHost, type TestHost } from "../support/hosts.ts";
import { LLAMA, QWEN } from "../support/stack-program.ts";

/** The platform team's stack: it declares the GPUs and exports their handle. */
const platformOn =
  (host: TestHost, computePartition: "CPX" | "DPX", throughHandle = false) =>
  async () => {
    const gpus = new GpuPartitionConfig("node1", {
      ...host.args,
      computePartition,
      memoryPartition: "NPS1",
    });
    const own = throughHandle
      ? { own: new ModelAllocation("own", { gpus: gpus.handle, ...QWEN }).env }
      : undefined;
    return { ...own, node1: gpus.handle };
  };

/** The application team's stack: the handle, and an own way to the host. */
const applicationOn = (way: Omit<GpuHandleArgs, "handle"> | undefined) => async () => {
  const platform = new pulumi.StackReference("organization/platform/prod");
  const handle = platform.requireOutput("node1");
  const gpus = way ? { ...way, handle } : handle;
  const chat = new ModelAllocation("chat", { gpus, ...LLAMA });
  const fleet = new ModelFleet("small", { gpus, models: { qwen: QWEN } });
  return { env: chat.env, on: chat.partitionIds, small: fleet.allocations["qwen"]?.partitionIds };
};

/** The engine reads a stack reference in every run, which a user does not count. */
const changesOf = (run: Run): readonly string[] =>
  run.changes.filter((change) => change !== "read organization/platform/prod");

describe.each<HostKind>(["simulation", "ssh"])("GPUs of another stack, on a host by %s", (kind) => {
  let host: TestHost;
  let home: PulumiHome;
  let platform: TestStack;
  let application: TestStack;
  beforeAll(async () => {
    host = await startHost(kind, { gpus: 2 });
    home = await createHome();
    platform = await createStack(platformOn(host, "CPX"), { home, project: "platform", name: "prod" });
    application = await createStack(applicationOn(host.args), { home, project: "application", name: "dev" });
  });
  afterAll(async () => {
    await application?.dispose();
    await platform?.dispose();
    await home?.dispose();
    await host?.stop();
  });

  it("takes a handle like the resource in the program that declares it: all is known in the first preview", async () => {
    const preview = await platform.preview({ program: platformOn(host, "CPX", true) });
    expect(preview.outputs["own"]).toEqual({ ROCR_VISIBLE_DEVICES: "0" });
  });

  it("hands on devices without credentials", async () => {
    await platform.up();
    const { node1 } = await platform.outputs();
    expect(node1?.secret).toBe(false);
    expect(Object.keys(node1?.value as object).toSorted()).toEqual([
      "deviceNodes",
      "hostId",
      "identity",
      "layout",
      "memoryDomains",
      "partitions",
    ]);
    expect(JSON.stringify(node1?.value)).not.toMatch(/PRIVATE KEY|127\.0\.0\.1|"connection"/);
  });

  it("places models of the other stack, in preview already, and reserves for them", async () => {
    const preview = await application.preview();
    expect(preview.outputs["env"]).toEqual({ ROCR_VISIBLE_DEVICES: "0" });
    await application.up();
    expect(changesOf(await application.preview())).toEqual([]);
    expect(host.record()?.reservations.map(({ key }) => key)).toEqual([
      "application/dev/amdgpu:index:ModelFleet::small-qwen",
      "application/dev/chat",
    ]);
    expect((await platform.preview()).changes).toEqual([]);
  });

  it("refuses a handle that nothing leads to the host of", async () => {
    const run = await failed(application.preview({ program: applicationOn(undefined) }));
    expect(run.output).toMatch(
      kind === "ssh"
        ? /gpus\[0\] is a handle without a connection to its host .*; give \{ handle, connection \}/
        : /gpus\[0\] is out of date|gpus\[0\] is a handle without a connection/,
    );
  });

  it("keeps the platform from changing a layout under the models of the other stack", async () => {
    const run = await failed(platform.up({ program: platformOn(host, "DPX") }));
    expect(run.output).toContain("application/dev/chat");
    expect(host.modes()).toEqual(["CPX/NPS1", "CPX/NPS1"]);
  });

  it("places no model on a GPU that the platform has yet to repair", async () => {
    await host.drift(1, "SPX");
    const preview = await application.preview();
    expect(preview.output).toContain("until stack platform/prod is updated");
    expect(changesOf(preview)).toEqual([]);
    await platform.up();
    expect((await application.preview()).output).not.toContain("until stack platform/prod is updated");
  });

  it("leaves the host as it was when both stacks are gone", async () => {
    await application.destroy();
    expect(host.record()?.reservations).toEqual([]);
    await platform.destroy();
    expect(host.modes()).toEqual(["SPX/NPS1", "SPX/NPS1"]);
  });
});
