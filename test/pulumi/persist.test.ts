import { GpuPartitionConfig, type GpuPartitionConfigArgs } from "pulumi-amd-gpu";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createStack, type TestStack } from "../support/engine.ts";
import type { Run } from "../support/engine/run.ts";
import { startHost, type TestHost } from "../support/hosts.ts";

const UNITS = "/etc/systemd/system";

const said = (run: Run): string => run.diagnostics.map((one) => one.message).join("\n");

describe("modes that are declared to persist", () => {
  let host: TestHost;
  let stack: TestStack;
  const declare = (args: Partial<GpuPartitionConfigArgs>) => async () => {
    new GpuPartitionConfig("node1", {
      ...host.args,
      computePartition: "QPX",
      memoryPartition: "NPS4",
      gpuClientSystemdServices: { names: ["gpuagent"] },
      ...args,
    });
  };
  const onHost = (script: string): string => host.node?.inside(script) ?? "";
  const units = (): string => onHost(`cd ${UNITS}; ls multi-user.target.wants 2>/dev/null || :`).trim();
  const files = (): string => onHost(`find ${UNITS} /etc/pulumi-amd-gpu -type f -o -type l`).trim();

  beforeEach(async () => {
    host = await startHost("ssh", {
      gpus: 2,
      user: "ops",
      services: [{ name: "gpuagent", active: true, gpu: 0 }],
    });
    stack = await createStack(declare({ persist: true }));
  });
  afterEach(async () => {
    await stack.dispose();
    await host.stop();
  });

  it("are set again by the host at boot, without a difference afterwards, and no more once it is destroyed", async () => {
    const preview = await stack.preview();
    expect(said(preview)).toMatch(
      /install pulumi-amd-gpu-\w+\.service, which sets these modes again at every boot/,
    );
    expect(files()).toBe("");
    await stack.up();
    expect(units()).toMatch(/^pulumi-amd-gpu-[0-9a-f]{12}\.service$/);
    expect(onHost(`systemctl is-enabled ${units()}`)).toBe("enabled\n");
    expect(onHost(`cat ${UNITS}/${units()}`)).toContain("Before=gpuagent.service\n");
    expect((await stack.preview()).changes).toEqual([]);

    host.node?.clearCommands();
    await host.node?.reboot();
    expect(host.modes()).toEqual(["QPX/NPS4", "QPX/NPS4"]);
    expect(host.node?.journal()).toContain("pulumi-amd-gpu: 0000:0c:00.0 is QPX now\n");
    expect(host.node?.journal()).toContain(`${units()}: ended with 0\n`);
    expect(host.node?.state().processes).toMatchObject([{ name: "gpuagent" }]);
    expect((await stack.preview()).changes).toEqual([]);

    await stack.destroy();
    expect(host.modes()).toEqual(["SPX/NPS1", "SPX/NPS1"]);
    expect(files()).toBe("");
  });

  it("are left alone by a boot that finds them right", async () => {
    await stack.up();
    host.node?.clearCommands();
    onHost(`sh /etc/pulumi-amd-gpu/*.sh`);
    expect(host.changesMade()).toBe(0);
  });

  it("do so no more when persist becomes false, which touches no mode", async () => {
    await stack.up();
    host.node?.clearCommands();
    const run = await stack.up({ program: declare({ persist: false }) });
    expect(run.changes).toEqual(["update node1"]);
    expect(said(run)).toMatch(/remove pulumi-amd-gpu-\w+\.service: the next boot sets no modes/);
    expect(files()).toBe("");
    expect(host.changesMade()).toBe(0);
    expect((await stack.preview({ program: declare({ persist: false }) })).changes).toEqual([]);
  });

  it.each([
    ["the unit was disabled", `systemctl disable $(ls ${UNITS} | grep amd-gpu)`],
    ["the script is gone", "rm /etc/pulumi-amd-gpu/*.sh"],
    ["the script is another's", "sed -i 2s/.*/nothing/ /etc/pulumi-amd-gpu/*.sh"],
  ])("are drift when %s, which the next update repairs", async (_what, damage) => {
    await stack.up();
    onHost(damage);
    const preview = await stack.preview();
    expect(preview.changes).toEqual(["update node1"]);
    expect(said(preview)).toContain("which sets these modes again at every boot");
    await stack.up();
    expect(onHost(`systemctl is-enabled ${units()}`)).toBe("enabled\n");
    expect((await stack.preview()).changes).toEqual([]);
  });
});

it("modes that a reboot has undone are drift without persist, and the next update restores them", async () => {
  const host = await startHost("ssh", { gpus: 2 });
  const stack = await createStack(async () => {
    new GpuPartitionConfig("node1", { ...host.args, computePartition: "CPX", memoryPartition: "NPS1" });
  });
  await stack.up();
  await host.node?.reboot();
  const preview = await stack.preview();
  expect(preview.changes).toEqual(["update node1"]);
  expect(said(preview)).toContain("modes do not survive a reboot without `persist: true`");
  await stack.up();
  expect(host.modes()).toEqual(["CPX/NPS1", "CPX/NPS1"]);
  expect((await stack.preview()).changes).toEqual([]);
  await stack.dispose();
  await host.stop();
});
