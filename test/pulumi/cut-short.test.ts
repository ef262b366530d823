import { setTimeout as sleep } from "node:timers/promises";

import { GpuPartitionConfig } from "pulumi-amd-gpu";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createStack, failed, type TestStack } from "../support/engine.ts";
import { startHost, type TestHost } from "../support/hosts.ts";
import { commandLineOf, descendantsOf, nameOf, signalIfAlive } from "../support/process-tree.ts";

const SERVICES = [{ name: "gpuagent", active: true, gpu: 0 }] as const;

const engines = (): readonly number[] =>
  descendantsOf(process.pid).filter((pid) => nameOf(pid) === "pulumi" && commandLineOf(pid).includes(" up "));

const providers = (): readonly number[] =>
  engines()
    .flatMap(descendantsOf)
    .filter((pid) => commandLineOf(pid).includes("dynamic-provider"));

describe("an update that is cut short while the driver reloads", () => {
  let host: TestHost;
  let stack: TestStack;
  beforeEach(async () => {
    host = await startHost("ssh", { gpus: 2, loadSeconds: 2, services: SERVICES });
    stack = await createStack(async () => {
      new GpuPartitionConfig("node1", {
        ...host.args,
        computePartition: "QPX",
        memoryPartition: "NPS4",
        gpuClientSystemdServices: { names: ["gpuagent"] },
      });
    });
  });
  afterEach(async () => {
    await stack.dispose();
    await host.stop();
  });

  const untilReloading = async (): Promise<void> => {
    while (host.node?.state().driver !== "unloaded") await sleep(20);
  };
  const running = (): boolean => host.node?.state().services[0]?.active ?? false;

  /** The update fails, its host has a journal, the next preview names it, the next update finishes it, and it can be destroyed. */
  const modesAfterwards = async (cut: () => Promise<void>): Promise<readonly string[]> => {
    const up = failed(stack.up());
    await untilReloading();
    await cut();
    await up;
    expect(host.record()?.journal).toMatchObject({
      key: "engine-test/test/node1",
      servicesStopped: ["gpuagent"],
    });

    const preview = await stack.preview();
    expect(preview.diagnostics.map((one) => one.message).join("\n")).toMatch(
      /a change by engine-test\/test\/node1 was interrupted at step \d of 3 \(".*"\).*; the update resumes it/,
    );
    await stack.up();
    expect(host.modes()).toEqual(["QPX/NPS4", "QPX/NPS4"]);
    expect(running()).toBe(true);
    expect(host.record()?.journal).toBeUndefined();
    expect((await stack.preview()).changes).toEqual([]);
    await stack.destroy();
    return host.modes();
  };

  it("by one interrupt, goes on to its end: nothing is left to do", async () => {
    const up = stack.up().catch((error: unknown) => error);
    await untilReloading();
    for (const pid of engines()) signalIfAlive(pid, "SIGINT");
    await up;
    expect(host.modes()).toEqual(["QPX/NPS4", "QPX/NPS4"]);
    expect(running()).toBe(true);
    expect(host.record()?.journal).toBeUndefined();
    expect((await stack.up()).changes).toEqual([]);
  });

  it("by two interrupts, is finished by the next one", async () => {
    const modes = await modesAfterwards(async () => {
      for (const pid of engines()) signalIfAlive(pid, "SIGINT");
      await sleep(300);
      for (const pid of engines()) signalIfAlive(pid, "SIGINT");
    });
    expect(modes).toEqual(["SPX/NPS1", "SPX/NPS1"]);
  });

  it("by the death of its provider, is finished by the next one", async () => {
    const modes = await modesAfterwards(async () => {
      for (const pid of providers()) signalIfAlive(pid, "SIGKILL");
    });
    expect(modes).toEqual(["SPX/NPS1", "SPX/NPS1"]);
  });

  it("because the driver does not load, is finished by the next one, which loads it", async () => {
    const faults = [{ on: "driver-load", does: "AMDSMI_STATUS_NOT_FOUND" }] as const;
    await host.node?.change((state) => ({ ...state, faults }));
    const run = await failed(stack.up());
    expect(run.output).toContain("The rollback failed too");
    expect(host.node?.state().driver).toBe("unloaded");

    await host.node?.change((state) => ({ ...state, faults: [] }));
    const preview = await stack.preview();
    expect(preview.changes).toEqual(["update node1"]);
    expect(preview.diagnostics.map((one) => one.message).join("\n")).toContain(
      "the update resumes it; the amdgpu driver is not loaded; this update loads it first",
    );
    await stack.up();
    expect(host.modes()).toEqual(["QPX/NPS4", "QPX/NPS4"]);
    expect(running()).toBe(true);
    expect((await stack.preview()).changes).toEqual([]);
  });
});

it("a long update shows its progress one line at a time, and keeps none of these lines", async () => {
  const host = await startHost("ssh", {
    gpus: 2,
    services: SERVICES,
    slowStart: { seconds: 1, gpusMeanwhile: 1 },
  });
  const stack = await createStack(async () => {
    new GpuPartitionConfig("node1", {
      ...host.args,
      computePartition: "QPX",
      memoryPartition: "NPS4",
      gpuClientSystemdServices: { names: ["gpuagent"] },
    });
  });
  const { diagnostics } = await stack.up();
  const live = diagnostics.filter((one) => one.kind === "ephemeral" && one.urn?.endsWith("::node1"));
  expect([...new Set(live.map((one) => one.message))]).toEqual([
    "stopping gpuagent",
    "step 1 of 3: set memory mode NPS4 (host-wide, staged until the driver reloads)",
    "step 2 of 3: reload the amdgpu driver (2 GPUs)",
    "waiting for the driver: 1 of 2 GPUs are back",
    "step 3 of 3: set compute mode QPX on 2 GPUs (0000:0c:00.0, 0000:22:00.0)",
    "verifying",
    "starting gpuagent",
  ]);
  await stack.dispose();
  await host.stop();
});
