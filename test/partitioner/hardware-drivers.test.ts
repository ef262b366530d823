import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { RefusedError, ChangeFailedError } from "../../provider/change-errors.ts";
import { bootFiles } from "../../provider/partitioner/boot-unit/render.ts";
import { reconcile } from "../../provider/partitioner/change/reconcile.ts";
import { failureOf } from "../remote/connection-to.ts";
import { type HardwareHost, hardwareHost } from "./hardware-host.ts";
import { requestFor } from "./host-under-test.ts";
import { GPUS } from "./host.ts";

const ON_FIRST = [{ name: "vllm", gpu: 0 }] as const;
const CHANGE_OF_SECOND = { 1: "CPX/NPS1" } as const;

describe("a driver that needs the whole host idle", () => {
  let host: HardwareHost;
  beforeAll(async () => {
    host = await hardwareHost({ rocm: "6.4.2" });
  });
  beforeEach(() => host.reset());
  afterAll(() => host.stop());

  test("is not asked while a process uses another GPU, and the process is named", async () => {
    const [pid] = await host.node.holdGpus(ON_FIRST);
    const failure = await failureOf(reconcile(await host.open(), requestFor(CHANGE_OF_SECOND)));
    expect(failure).toBeInstanceOf(RefusedError);
    expect(failure).toMatchObject({
      reasons: [
        { code: "gpus-in-use", data: { processes: [{ pid, gpus: [GPUS[0]] }], because: "idle-host" } },
      ],
    });
    expect(host.node.commands().filter((one) => one.argv[0] === "set")).toEqual([]);
  });

  test("changes a GPU while an exporter has only the render node of another open", async () => {
    await host.node.holdGpus([{ name: "exporter", gpu: 0, opens: ["render"] }]);
    await reconcile(await host.open(), requestFor(CHANGE_OF_SECOND));
    expect(host.modes()).toBe("SPX/NPS1 CPX/NPS1");
  });

  test("is waited for as declared", async () => {
    const pids = await host.node.holdGpus(ON_FIRST);
    const lines: string[] = [];
    const changing = reconcile(
      await host.open(),
      requestFor(CHANGE_OF_SECOND, {
        policy: { inUse: "wait", inUseMs: 60_000 },
        progress: (line) => {
          lines.push(line);
          if (line.startsWith("waiting: ")) void host.node.releaseGpus(pids);
        },
      }),
    );
    await changing;
    expect(lines[0]).toContain("no process on the host has /dev/kfd open");
    expect(host.modes()).toBe("SPX/NPS1 CPX/NPS1");
  });

  test("names the process at boot, too", async () => {
    const [pid] = await host.node.holdGpus(ON_FIRST);
    const { desired, policy } = requestFor(CHANGE_OF_SECOND);
    const partitioner = await host.open();
    const files = bootFiles(desired, policy);
    await partitioner.installBootUnit(files);
    const said = host.node.inside(`sh /etc/pulumi-amd-gpu/${files.name}.sh 2>&1 || echo "ended with $?"`);
    await partitioner.removeBootUnit(files.name);
    expect(said).toContain(`processes with /dev/kfd open: vllm(${pid})`);
    expect(said).toContain("ended with 1");
    expect(host.modes()).toBe("SPX/NPS1 SPX/NPS1");
  });
});

describe("a driver that changes one GPU alone", () => {
  let host: HardwareHost;
  beforeAll(async () => {
    host = await hardwareHost({ rocm: "7.2" });
  });
  beforeEach(() => host.reset());
  afterAll(() => host.stop());

  test("changes it beside a process whose device cgroup excludes it", async () => {
    await host.node.holdGpus(ON_FIRST);
    await reconcile(await host.open(), requestFor(CHANGE_OF_SECOND));
    expect(host.modes()).toBe("SPX/NPS1 CPX/NPS1");
  });

  test("is not asked beside a process that only a visibility variable keeps away", async () => {
    const [pid] = await host.node.holdGpus([{ ...ON_FIRST[0], deviceCgroup: "every-gpu" }]);
    const failure = await failureOf(reconcile(await host.open(), requestFor(CHANGE_OF_SECOND)));
    expect(failure).toMatchObject({
      reasons: [{ code: "gpus-in-use", data: { processes: [{ pid, gpus: GPUS.slice(0, 2) }] } }],
    });
  });

  test("that still refuses as busy is left unchanged, with the GPU processes named", async () => {
    const [pid] = await host.node.holdGpus(ON_FIRST);
    await host.set({ faults: [{ on: "set-compute", gpu: 1, does: "AMDSMI_STATUS_BUSY" }] });
    const failure = await failureOf(reconcile(await host.open(), requestFor(CHANGE_OF_SECOND)));
    expect(failure).toBeInstanceOf(ChangeFailedError);
    expect(failure).toMatchObject({
      rolledBack: true,
      cause: { failure: "busy", processes: [{ code: "gpus-in-use", data: { processes: [{ pid }] } }] },
    });
    expect(failure.message).toContain(`GPUs are in use by vllm (pid ${pid} of root on ${GPUS[0]}`);
  });
});
