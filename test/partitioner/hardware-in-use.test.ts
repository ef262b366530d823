import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { RefusedError, ChangeFailedError } from "../../provider/change-errors.ts";
import { reconcile } from "../../provider/partitioner/change/reconcile.ts";
import type { Partitioner } from "../../provider/partitioner/partitioner.ts";
import { failureOf } from "../remote/connection-to.ts";
import { type HardwareHost, hardwareHost } from "./hardware-host.ts";
import { requestFor } from "./host-under-test.ts";
import { declareAll, GPUS } from "./host.ts";

describe("a host whose GPUs are in use", () => {
  let host: HardwareHost;
  let partitioner: Partitioner;
  beforeAll(async () => {
    host = await hardwareHost({ user: "ops" });
  });
  beforeEach(async () => {
    await host.reset();
    partitioner = await host.open();
  });
  afterAll(() => host.stop());

  test("is left unchanged, with the process named, and the record has no trace of the attempt", async () => {
    const [pid] = await host.node.holdGpus([{ name: "python3", gpu: 1 }]);
    const failure = await failureOf(reconcile(partitioner, requestFor(declareAll("CPX/NPS1", 2))));
    expect(failure).toBeInstanceOf(RefusedError);
    expect(failure.message).toBe(
      `no changes were made to ${partitioner.target}: GPUs are in use by python3 (pid ${pid} of root on ${GPUS[1]}: /dev/kfd, /dev/dri/renderD136); stop it first`,
    );
    expect(host.modes()).toBe("SPX/NPS1 SPX/NPS1");
    expect(host.record()).toMatchObject({ owners: {}, before: {} });
    expect(host.record()).not.toHaveProperty("journal");
    expect(host.node.commands().filter((one) => one.argv[0] === "set")).toEqual([]);
  });

  test("changes on the GPUs that nobody uses", async () => {
    await host.node.holdGpus([{ name: "python3", gpu: 1 }]);
    await reconcile(partitioner, requestFor({ 0: "CPX/NPS1" }));
    expect(host.modes()).toBe("CPX/NPS1 SPX/NPS1");
  });

  test("changes on none of them when the memory mode has to, because the driver has to go", async () => {
    await host.node.holdGpus([{ name: "python3", gpu: 1 }]);
    const failure = await failureOf(reconcile(partitioner, requestFor({ 0: "CPX/NPS4" })));
    expect(failure).toBeInstanceOf(RefusedError);
    expect(host.node.state()).toMatchObject({ memory: "NPS1", staged: null });
  });

  test("is waited for if declared, with the processes named", async () => {
    const pids = await host.node.holdGpus([{ name: "python3", gpu: 0 }]);
    const lines: string[] = [];
    const changing = reconcile(
      partitioner,
      requestFor(
        { 0: "CPX/NPS1" },
        {
          policy: { inUse: "wait", inUseMs: 30_000 },
          progress: (line) => lines.push(line),
        },
      ),
    );
    while (lines.length === 0) await sleep(20);
    expect(lines[0]).toMatch(/^waiting: GPUs are in use by python3 \(pid \d+ of root on 0000:0c:00\.0: /);
    expect(host.modes()).toBe("SPX/NPS1 SPX/NPS1");
    await host.node.releaseGpus(pids);
    await changing;
    expect(host.modes()).toBe("CPX/NPS1 SPX/NPS1");
  });

  test("has each process named with its user, unit and files, whatever KFD lists, and refuses a reload on any GPU", async () => {
    const [pid] = await host.node.holdGpus([
      {
        name: "exporter",
        gpu: 1,
        opens: ["render"],
        user: "ops",
        cgroup: "/system.slice/amd-exporter.service",
      },
    ]);
    await reconcile(partitioner, requestFor({ 0: "CPX/NPS1" }));
    const failure = await failureOf(reconcile(partitioner, requestFor({ 0: "CPX/NPS4" })));
    expect(failure.message).toContain(
      `exporter (pid ${pid} of ops in amd-exporter.service on ${GPUS[1]}: /dev/dri/renderD136); stop it first`,
    );
    expect(host.node.state()).toMatchObject({ memory: "NPS1", staged: null });
  });

  test("by a tool that only reads is waited for by default, with one progress line", async () => {
    const pids = await host.node.holdGpus([{ name: "rocm-smi", gpu: 0, opens: ["render"] }]);
    const lines: string[] = [];
    const changing = reconcile(
      partitioner,
      requestFor({ 0: "CPX/NPS1" }, { progress: (line) => lines.push(line) }),
    );
    while (!lines.some((line) => line.startsWith("waiting: "))) await sleep(20);
    host.node.clearCommands();
    while (host.node.commands().filter((one) => one.argv[0] === "version").length < 2) await sleep(50);
    await host.node.releaseGpus(pids);
    await changing;
    expect(lines.filter((line) => line.startsWith("waiting: GPUs are in use by rocm-smi"))).toHaveLength(1);
    expect(host.modes()).toBe("CPX/NPS1 SPX/NPS1");
  });

  test("by a process on the board's own display only counts as idle", async () => {
    await host.node.holdGpus([{ name: "Xorg", gpu: 0, opens: ["display"] }]);
    await reconcile(partitioner, requestFor({ 0: "CPX/NPS4", 1: "CPX/NPS4" }));
    expect(host.modes()).toBe("CPX/NPS4 CPX/NPS4");
  });

  test("is not waited for longer than declared", async () => {
    await host.node.holdGpus([{ name: "python3", gpu: 0 }]);
    const request = requestFor({ 0: "CPX/NPS1" }, { policy: { inUse: "wait", inUseMs: 1 } });
    expect(await failureOf(reconcile(partitioner, request))).toBeInstanceOf(RefusedError);
  });

  test("by something that KFD does not list is refused by amd-smi, and the change is rolled back", async () => {
    await host.set({ faults: [{ on: "set-compute", gpu: 1, does: "AMDSMI_STATUS_BUSY" }] });
    const failure = await failureOf(reconcile(partitioner, requestFor(declareAll("CPX/NPS1", 2))));
    expect(failure).toBeInstanceOf(ChangeFailedError);
    expect(failure).toMatchObject({ rolledBack: true });
    expect(failure.message).toMatch(
      /\(busy\): ValueError: Unable to set .* BDF:0000:22:00\.0\. The host was rolled back/,
    );
    expect(host.modes()).toBe("SPX/NPS1 SPX/NPS1");
    const sets = host.node.commands().filter((one) => one.argv[0] === "set");
    expect(sets.map((one) => one.argv.slice(2, -1).join(" "))).toEqual([
      `${GPUS[0]} ${GPUS[1]} -C CPX`,
      `${GPUS[0]} -C SPX`,
    ]);
  });
});
