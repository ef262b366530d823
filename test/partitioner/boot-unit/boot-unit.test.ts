import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { unitNameOf } from "../../../provider/partitioner/boot-unit/boot-files.ts";
import { bootFiles } from "../../../provider/partitioner/boot-unit/render.ts";
import { reconcile } from "../../../provider/partitioner/change/reconcile.ts";
import { type HardwareHost, hardwareHost } from "../hardware-host.ts";
import { requestFor } from "../host-under-test.ts";
import { desired } from "../host.ts";

describe("the unit that sets modes at boot", () => {
  let host: HardwareHost;
  beforeAll(async () => {
    host = await hardwareHost({ user: "ops" });
  });
  beforeEach(() => host.reset());
  afterAll(() => host.stop());

  /** What it says at the next boot. */
  const bootWith = async (
    modes: Readonly<Record<number, string>>,
    policy: { readonly driverReload: "allow" | "refuse" },
  ): Promise<string> => {
    const request = requestFor(modes, { policy });
    const partitioner = await host.open();
    const files = bootFiles(request.desired, request.policy);
    await partitioner.installBootUnit(files);
    const before = host.node.journal().length;
    await host.node.reboot();
    await (await host.open()).removeBootUnit(files.name);
    return host.node.journal().slice(before);
  };

  test("does not load the driver where that is refused, says so, and sets what it can", async () => {
    host.node.clearCommands();
    const said = await bootWith({ 0: "CPX/NPS4", 1: "QPX/NPS4" }, { driverReload: "refuse" });
    expect(said).toContain("memory mode is NPS1, not NPS4, and driverReload is refuse");
    expect(said).toContain("ended with 1");
    expect(host.modes()).toBe("CPX/NPS1 QPX/NPS1");
    expect(host.node.commands().filter((one) => one.tool === "modprobe")).toEqual([]);
  });

  test("ends as failed when a GPU refuses its mode, and sets the others", async () => {
    await host.set({ faults: [{ on: "set-compute", gpu: 0, does: "AMDSMI_STATUS_BUSY" }] });
    const said = await bootWith({ 0: "CPX/NPS1", 1: "CPX/NPS1" }, { driverReload: "allow" });
    expect(said).toMatch(/0000:0c:00\.0 is SPX instead of CPX: .*\n.*0000:22:00\.0 is CPX now/s);
    expect(said).toContain("ended with 1");
  });

  test("acts on the GPUs it names, whatever their order is by then", async () => {
    await host.set({ gpus: host.node.state().gpus.toReversed() });
    await bootWith({ 1: "CPX/NPS1" }, { driverReload: "allow" });
    const cpx = host.node.state().gpus.filter((gpu) => gpu.compute === "CPX");
    expect(cpx.map((gpu) => gpu.bdf)).toEqual(["0000:22:00.0"]);
  });

  test("waits for a change that is under way instead of mixing with it", async () => {
    const partitioner = await host.open();
    const { policy } = requestFor({});
    const files = bootFiles(desired({ 0: "CPX/NPS1" }), policy);
    await partitioner.record.locked(async () => {
      await partitioner.installBootUnit(files);
      host.node.inside("setsid sh /etc/pulumi-amd-gpu/*.sh >/dev/null 2>&1 </dev/null &");
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(host.modes()).toBe("SPX/NPS1 SPX/NPS1");
    });
    while (host.modes() !== "CPX/NPS1 SPX/NPS1") await new Promise((resolve) => setTimeout(resolve, 20));
    await partitioner.removeBootUnit(files.name);
    const { plan } = await reconcile(await host.open(), requestFor({ 0: "CPX/NPS1" }));
    expect(plan.steps).toEqual([]);
  });
});

test("a unit starts before the services of its declaration, and no key can add a line or a specifier to it", () => {
  const { policy } = requestFor({}, { policy: { services: ["gpuagent", "vllm.service"] } });
  const files = bootFiles(desired({ 0: "CPX/NPS1" }), { ...policy, ownKey: "a\nExecStart=/bin/false/%n/c" });
  expect(files.unit).toContain("\nBefore=gpuagent.service vllm.service\n");
  expect(files.unit).toContain(
    "Description=GPU modes declared by a ExecStart=/bin/false/%%n/c (pulumi-amd-gpu)\n",
  );
  expect(files.unit.match(/^ExecStart=/gm)).toHaveLength(1);
  expect(unitNameOf(files.name)).toMatch(/^pulumi-amd-gpu-[0-9a-f]{12}\.service$/);
});
