import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { ChangeFailedError } from "../../provider/change-errors.ts";
import { ConnectionLostError } from "../../provider/errors.ts";
import { reconcile } from "../../provider/partitioner/change/reconcile.ts";
import type { Partitioner } from "../../provider/partitioner/partitioner.ts";
import { failureOf } from "../remote/connection-to.ts";
import type { Fault } from "../support/fake-node/state.ts";
import { type HardwareHost, hardwareHost } from "./hardware-host.ts";
import { requestFor } from "./host-under-test.ts";
import { declareAll } from "./host.ts";

const NPS4 = declareAll("CPX/NPS4", 2);

describe("a change that fails on the host", () => {
  let host: HardwareHost;
  let partitioner: Partitioner;
  beforeAll(async () => {
    host = await hardwareHost({});
  });
  beforeEach(async () => {
    await host.reset();
    partitioner = await host.open();
  });
  afterAll(() => host.stop());

  const failWith = async (...faults: readonly Fault[]): Promise<Error> => {
    await host.set({ faults });
    return failureOf(reconcile(partitioner, requestFor(NPS4)));
  };

  test("at the memory mode changes nothing", async () => {
    const failure = await failWith({ on: "set-memory", does: "AMDSMI_STATUS_NOT_SUPPORTED" });
    expect(failure).toMatchObject({ name: "ChangeFailedError", rolledBack: true });
    expect(failure.message).toContain(
      "(not-supported): [AMDSMI_STATUS_NOT_SUPPORTED] Unable to set memory partition",
    );
    expect(host.modes()).toBe("SPX/NPS1 SPX/NPS1");
    expect(host.record()).toMatchObject({ owners: {}, before: {} });
  });

  test("at the compute mode, after the reload, goes all the way back through another reload", async () => {
    await host.set({ faults: [{ on: "set-compute", does: "AMDSMI_STATUS_NOT_SUPPORTED", times: 1 }] });
    // The driver comes up in CPX by itself, so that QPX is a mode that has to be set.
    const failure = await failureOf(reconcile(partitioner, requestFor(declareAll("QPX/NPS4", 2))));
    expect(failure).toMatchObject({ name: "ChangeFailedError", rolledBack: true });
    expect(host.modes()).toBe("SPX/NPS1 SPX/NPS1");
    const modprobe = host.node.commands().filter((one) => one.tool === "modprobe");
    expect(modprobe.map((one) => one.argv.join(" "))).toEqual(["-r amdgpu", "amdgpu", "-r amdgpu", "amdgpu"]);
  });

  test("although the tool says that it succeeded is found by the observation after it", async () => {
    await host.set({ faults: [{ on: "set-compute", does: "says-so-only" }] });
    const failure = await failureOf(reconcile(partitioner, requestFor({ 0: "CPX/NPS1" })));
    expect(failure).toMatchObject({ name: "ChangeFailedError", rolledBack: true });
    expect(failure.message).toContain(
      "the host does not match the plan: 0000:0c:00.0 is SPX/NPS1 instead of CPX/NPS1",
    );
  });

  test("because the driver does not unload keeps the staged memory mode, and says so", async () => {
    const failure = await failWith({ on: "driver-remove", does: "AMDSMI_STATUS_BUSY" });
    expect(failure).toMatchObject({ name: "ChangeFailedError", rolledBack: true });
    expect(failure.message).toContain(
      "the amdgpu driver did not reload: modprobe: FATAL: Module amdgpu is in use.",
    );
    expect(failure.message).toContain("memory mode NPS4 is staged: the next load of the driver applies it");
    expect(host.node.state()).toMatchObject({ memory: "NPS1", staged: "NPS4", driver: "loaded" });
  });

  test("because the driver does not come back once is rolled back by loading it again", async () => {
    const failure = await failWith({ on: "driver-load", does: "AMDSMI_STATUS_NOT_FOUND", times: 1 });
    expect(failure).toMatchObject({ name: "ChangeFailedError", rolledBack: true });
    expect(failure.message).toMatch(/The host was rolled back to its previous modes\.$/);
    expect(host.modes()).toBe("SPX/NPS1 SPX/NPS1");
    expect(host.node.state()).toMatchObject({ driver: "loaded", staged: null });
  });

  test("because the driver never comes back keeps the journal, and the next run does not count it as done", async () => {
    const failure = await failWith({ on: "driver-load", does: "AMDSMI_STATUS_NOT_FOUND" });
    expect(failure).toMatchObject({ name: "ChangeFailedError", rolledBack: false });
    expect(failure.message).toContain("The rollback failed too: ");
    expect(host.record()?.journal).toMatchObject({ key: "project/dev/node1", step: 1 });

    const second = await failureOf(reconcile(await host.open(), requestFor(NPS4)));
    expect(second.message).toContain("the amdgpu driver did not reload: ");
    expect(host.record()?.journal).toMatchObject({ key: "project/dev/node1", step: 1 });

    // What kept it away is gone: the next run loads it, and finishes.
    await host.set({ faults: [] });
    await reconcile(await host.open(), requestFor(NPS4));
    expect(host.modes()).toBe("CPX/NPS4 CPX/NPS4");
    expect(host.record()).not.toHaveProperty("journal");
    expect(host.record()?.before["0000:0c:00.0"]).toEqual({ compute: "SPX", memory: "NPS1" });
  });

  test("because a device has no render node is rolled back, with the device named", async () => {
    await host.set({ missingRenderNodes: [131] });
    const failure = await failureOf(reconcile(partitioner, requestFor({ 0: "QPX/NPS1" })));
    expect(failure).toMatchObject({ name: "ChangeFailedError", rolledBack: true });
    expect(failure.message).toContain("0000:0c:00.3 has no render node");
    expect(host.modes()).toBe("SPX/NPS1 SPX/NPS1");
  });

  test("because amd-smi hangs ends within the declared time limit", async () => {
    await host.set({ faults: [{ on: "set-compute", does: "hang", times: 1 }] });
    const impatient = await host.openWith({ set: 1500 });
    const failure = await failureOf(reconcile(impatient, requestFor({ 0: "CPX/NPS1" })));
    expect(failure).toMatchObject({ name: "ChangeFailedError", rolledBack: true });
    expect(failure.message).toMatch(/amd-smi set .* timed out after 1\.5 s/);
  });

  test("because the connection broke is completed by the next run", async () => {
    await host.set({ loadSeconds: 1 });
    const changing = failureOf(reconcile(partitioner, requestFor(NPS4)));
    while (!host.node.commands().some((one) => one.tool === "modprobe" && one.argv[0] === "-r"))
      await sleep(20);
    host.node.signalConnections("SIGKILL");
    const failure = await changing;
    expect(failure).toBeInstanceOf(ChangeFailedError);
    expect(failure).toMatchObject({ rolledBack: false, cause: expect.any(ConnectionLostError) });
    expect(failure.message).toContain("The current step may still be running on the host.");
    expect(host.record()?.journal).toMatchObject({
      step: 1,
      steps: expect.arrayContaining(["reload the amdgpu driver (2 GPUs)"]),
    });

    // The reload goes on by itself.
    while (host.node.state().driver !== "loaded" || host.node.state().memory !== "NPS4") await sleep(50);
    const done = await reconcile(await host.open(), requestFor(NPS4));
    expect(done.plan.steps).toEqual([]);
    expect(host.modes()).toBe("CPX/NPS4 CPX/NPS4");
    expect(host.record()).not.toHaveProperty("journal");
    expect(host.record()?.before["0000:0c:00.0"]).toEqual({ compute: "SPX", memory: "NPS1" });
  });
});

test("a change waits for GPUs that come back late, and needs no second connection", async () => {
  const host = await hardwareHost({ slowStart: { seconds: 1, gpusMeanwhile: 1 } });
  const partitioner = await host.open();
  host.node.resetCounts();
  await reconcile(partitioner, requestFor(NPS4));
  expect(host.modes()).toBe("CPX/NPS4 CPX/NPS4");
  expect(host.node.counts().connections).toBe(0);
  await host.stop();
});

test("a run that follows on one that died while the driver loads waits for the last GPU, and loads nothing again", async () => {
  const host = await hardwareHost({ slowStart: { seconds: 2, gpusMeanwhile: 1 } });
  const changing = failureOf(reconcile(await host.open(), requestFor(NPS4)));
  const loads = () => host.node.commands().filter((one) => one.tool === "modprobe" && one.argv[0] !== "-r");
  while (loads().length === 0) await sleep(20);
  host.node.signalConnections("SIGKILL");
  await changing;
  while (host.node.state().driver !== "loaded") await sleep(20);
  const lines: string[] = [];
  const next = { ...requestFor(NPS4), progress: (line: string) => void lines.push(line) };
  await reconcile(await host.open(), next);
  expect(lines[0]).toContain("waiting for the driver, which the last change was loading: 0000:22:00.0");
  expect(loads()).toHaveLength(1);
  expect(host.modes()).toBe("CPX/NPS4 CPX/NPS4");
  expect(host.record()).not.toHaveProperty("journal");
  await host.stop();
});

test("eight GPUs of which a display keeps the 64th device away are refused, with the display and the GPU named", async () => {
  const host = await hardwareHost({ gpus: 8, drmNodeLimit: 64, display: "ast" });
  const partitioner = await host.open();
  const failure = await failureOf(reconcile(partitioner, requestFor(declareAll("CPX/NPS1"))));
  expect(failure.name).toBe("RefusedError");
  expect(failure.message).toContain(
    "0000:df:00.0 needs 8 DRM devices in CPX/NPS1 and has 7: this kernel provides 64, of which the GPUs use 63, and ast (card0) uses the others",
  );
  expect(host.node.commands().filter((one) => one.argv[0] === "set")).toEqual([]);
  await host.stop();
});

test("eight GPUs of which the 64th device does not come are rolled back, with the device named", async () => {
  const host = await hardwareHost({ gpus: 8, drmNodeLimit: 63, display: "none" });
  const partitioner = await host.open();
  const failure = await failureOf(reconcile(partitioner, requestFor(declareAll("CPX/NPS1"))));
  expect(failure).toMatchObject({ name: "ChangeFailedError", rolledBack: true });
  expect(failure.message).toContain("0000:df:00.0 has 7 of 8 devices (0000:df:00.7 missing)");
  expect(host.modes()).toBe(Array(8).fill("SPX/NPS1").join(" "));
  await host.stop();
});
