import { docker, GpuPartitionConfig, type GpuPartitionConfigArgs, ModelAllocation } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { Container } from "../support/container.ts";
import { createStack, type Run, type TestStack } from "../support/engine.ts";
import { type HostKind, profileOf, startHost, type TestHost } from "../support/hosts.ts";
import { inputsOf, LLAMA, outputsOf, QWEN, previewedOf, saidOn } from "../support/stack-program.ts";

const program = (host: TestHost, layout: GpuPartitionConfigArgs) => async () => {
  const gpus = new GpuPartitionConfig("node1", { ...host.args, ...layout });
  const llama = new ModelAllocation("llama", { gpus, ...LLAMA });
  const qwen = new ModelAllocation("qwen", { gpus, ...QWEN });
  const container = new Container("container", { env: llama.env });
  return {
    layout: gpus.layout,
    changes: gpus.plan.apply((plan) => plan.gpus.map((change) => `${change.gpu} ${change.summary}`)),
    devices: gpus.partitions,
    domains: gpus.memoryDomains.apply((domains) => domains.length),
    status: gpus.status,
    llama: llama.env,
    qwen: qwen.env,
    inContainer: container.env,
    run: llama.container.apply(docker.runArgs),
  };
};

describe.each<HostKind>(["simulation", "ssh"])("the life of a stack on a host by %s", (kind) => {
  let host: TestHost;
  let stack: TestStack;
  let first: Run;
  const cpx = profileOf("CPX", "NPS4");
  beforeAll(async () => {
    host = await startHost(kind);
    stack = await createStack(program(host, cpx));
  });
  afterAll(async () => {
    await stack?.dispose();
    await host?.stop();
  });

  it("shows in the first preview of an empty stack each GPU's change, the steps, the reason and the blast radius", async () => {
    first = await stack.preview();
    const message = saidOn(first, "node1");
    expect(
      message.match(/GPU 0000:..:00\.0: SPX\/NPS1 -> CPX\/NPS4, 1 -> 8 devices of 24\.0 GiB/g),
    ).toHaveLength(8);
    expect(message).toContain("not yet created");
    expect(message).toMatch(
      /step 1: set memory mode NPS4.*\n.*step 2: reload the amdgpu driver.*\n.*step 3: set compute mode CPX/,
    );
    expect(message).toContain("the driver reloads, which ends every process on its 8 GPUs");
    const { plan, layout } = inputsOf(first, "node1") as {
      plan: {
        steps: { action: string }[];
        blastRadius: { driverReload: boolean; gpus: string[] };
      };
      layout: Record<string, string>;
    };
    expect(plan.steps.map((one) => one.action)).toEqual(["setMemoryMode", "reloadDriver", "setComputeMode"]);
    expect(plan.blastRadius).toMatchObject({ driverReload: true, gpus: Object.keys(layout) });
    expect(first.outputs["changes"]).toEqual(
      Object.keys(layout).map((gpu) => `${gpu} SPX/NPS1 -> CPX/NPS4, 1 -> 8 devices of 24.0 GiB`),
    );
    expect(first.outputs["domains"]).toBe(32);
    expect(first.outputs["devices"]).toHaveLength(64);
    expect((first.outputs["devices"] as unknown[])[9]).toEqual({
      id: `${Object.keys(layout)[1]?.slice(0, -2)}.1`,
      gpu: Object.keys(layout)[1],
      partition: 1,
      index: 9,
      computeUnits: 38,
      capacity: 25_767_706_624,
      domain: `${Object.keys(layout)[1]?.slice(0, -2)}/nps4.0`,
    });
  });

  it("places the models in that preview, with their memory, and dependants know the environment", () => {
    const llama = inputsOf(first, "llama");
    expect(llama).toMatchObject({ partitionIds: ["0000:0c:00.0"], env: { ROCR_VISIBLE_DEVICES: "0" } });
    expect((llama as { memory: { summary: string } }).memory.summary).toMatch(/GiB on 1 device$/);
    expect(inputsOf(first, "qwen")).toMatchObject({
      partitionIds: ["0000:0c:00.1"],
      env: { ROCR_VISIBLE_DEVICES: "1" },
    });
    expect(inputsOf(first, "container")).toMatchObject({ env: { ROCR_VISIBLE_DEVICES: "0" } });
    expect(first.outputs).toMatchObject({
      llama: { ROCR_VISIBLE_DEVICES: "0" },
      qwen: { ROCR_VISIBLE_DEVICES: "1" },
    });
  });

  it("changed nothing on the host in previews", () => {
    if (kind === "ssh") expect(host.modes()).toEqual(Array(8).fill("SPX/NPS1"));
    expect(host.node?.readFile("/var/lib/pulumi-amd-gpu/host.json")).toBeUndefined();
  });

  it("applies the plan of the preview, and every output has the value that preview showed", async () => {
    const up = await stack.up();
    expect(host.modes()).toEqual(Array(8).fill("CPX/NPS4"));
    for (const name of ["node1", "llama", "qwen", "container"]) {
      const previewed = previewedOf(first, name);
      expect(outputsOf(up, name), name).toMatchObject(previewed);
    }
    expect(outputsOf(up, "node1")).toMatchObject({ status: "Success" });
    const outputs = await stack.outputs();
    expect(outputs["run"]?.value).toEqual(
      expect.arrayContaining(["--device=/dev/kfd", "--device=/dev/dri/renderD128"]),
    );
    expect(host.record()?.reservations.map((one) => one.key)).toEqual([
      "engine-test/test/llama",
      "engine-test/test/qwen",
    ]);
    expect(host.record()?.journal).toBeUndefined();
  });

  it("finds no changes the next time", async () => {
    expect((await stack.preview()).changes).toEqual([]);
    expect((await stack.up()).changes).toEqual([]);
    expect((await stack.refresh()).changes).toEqual([]);
    expect((await stack.preview()).changes).toEqual([]);
  });

  it("shows drift in a plain preview, records it in refresh, and repairs it without touching the models", async () => {
    await host.drift(2, "QPX");
    const preview = await stack.preview();
    expect(preview.changes).toEqual(["update node1"]);
    expect(saidOn(preview, "node1")).toContain("GPU 0000:38:00.0: QPX/NPS4 -> CPX/NPS4, 4 -> 8 devices");
    expect(saidOn(preview, "node1")).toContain("drift");
    const refresh = await stack.refresh();
    expect(outputsOf(refresh, "node1")).toMatchObject({
      status: "Drifted",
      observed: { "0000:38:00.0": "QPX/NPS4", "0000:0c:00.0": "CPX/NPS4" },
    });
    expect((await stack.preview()).changes).toEqual(["update node1"]);
    expect((await stack.up()).changes).toEqual(["update node1"]);
    expect(host.modes()).toEqual(Array(8).fill("CPX/NPS4"));
    expect((await stack.preview()).changes).toEqual([]);
  });

  it("replaces the layout on a mode change: models leave first, the host changes once, models are placed again", async () => {
    const before = host.changesMade();
    const spread = program(host, profileOf("DPX", "NPS2"));
    const preview = await stack.preview({ program: spread });
    expect(saidOn(preview, "node1")).toContain("desired layout changed");
    const up = await stack.up({ program: spread });
    const order = up.changes;
    expect(order.indexOf("delete-replaced llama")).toBeLessThan(order.indexOf("delete-replaced node1"));
    expect(order.indexOf("delete-replaced node1")).toBeLessThan(order.indexOf("create-replacement node1"));
    expect(order.indexOf("create-replacement node1")).toBeLessThan(order.indexOf("create-replacement llama"));
    expect(outputsOf(up, "llama")).toMatchObject(previewedOf(preview, "llama"));
    expect(host.modes()).toEqual(Array(8).fill("DPX/NPS2"));
    // One memory mode, one unload and load; the driver starts in DPX by itself under NPS2.
    if (kind === "ssh") expect(host.changesMade() - before).toBe(3);
    expect((await stack.preview({ program: spread })).changes).toEqual([]);
  });

  it("leaves models alone whose GPUs keep their mode", async () => {
    const pinned = (layout: GpuPartitionConfigArgs) => async () => {
      const gpus = new GpuPartitionConfig("node1", { ...host.args, ...layout });
      const llama = new ModelAllocation("llama", { gpus, ...LLAMA, pin: { gpus: ["0000:0c:00.0"] } });
      const qwen = new ModelAllocation("qwen", { gpus, ...QWEN, pin: { gpus: ["0000:df:00.0"] } });
      const container = new Container("container", { env: llama.env });
      return { llama: llama.env, qwen: qwen.env, inContainer: container.env };
    };
    const halves = profileOf("CPX", "NPS1");
    await stack.up({ program: pinned({ ...profileOf("CPX", "NPS1") }) });
    const mixed = pinned({ profiles: [{ ...halves, numGPUsAssigned: 7 }, profileOf("SPX", "NPS1")] });
    const up = await stack.up({ program: mixed });
    expect(up.changes.filter((change) => change.endsWith(" llama") || change.endsWith(" container"))).toEqual(
      [],
    );
    expect(up.changes).toEqual(expect.arrayContaining(["delete-replaced qwen", "create-replacement qwen"]));
    expect(host.modes()).toEqual([...Array<string>(7).fill("CPX/NPS1"), "SPX/NPS1"]);
    expect((await stack.outputs())["qwen"]?.value).toEqual({ ROCR_VISIBLE_DEVICES: "56" });
  });

  it("restores the earlier modes on destroy, and leaves no reservation", async () => {
    await stack.destroy();
    expect(host.modes()).toEqual(Array(8).fill("SPX/NPS1"));
    expect(host.record()).toMatchObject({ reservations: [], owners: {}, before: {} });
    expect(host.record()?.journal).toBeUndefined();
  });
});
