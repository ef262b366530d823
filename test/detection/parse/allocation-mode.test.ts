import { describe, expect, test } from "vitest";

import { bytes } from "../../../provider/bytes.ts";
import { observeHost } from "../../../provider/detection/observe.ts";
import { parseProbe } from "../../../provider/detection/parse-probe.ts";
import { capacityOf, parseAllocationMode } from "../../../provider/detection/parse/allocation-mode.ts";
import { allocationNews } from "../../../provider/partitioner/plan/allocation-news.ts";
import { observedModes } from "../../../provider/partitioner/plan/host-modes.ts";
import { layoutOf } from "../../../provider/partitioner/plan/layout-of.ts";
import { plan } from "../../../provider/partitioner/plan/plan.ts";
import { eight, hostOf, pair } from "../../partitioner/host.ts";
import { startFakeNode } from "../../support/fake-node/start.ts";
import { executorTo, OBSERVE_MS } from "../observe-node.ts";
import { ONE_MI300X, probeOutput, TOKEN, withLine } from "../probe-output.ts";

const WHOLE = 206_141_652_992;
const SHARE = 25_767_706_624;

describe("on a host with the memory allocation mode ALL on one of two GPUs", () => {
  test("each of its devices has its whole domain, until a compute mode sets it back", async () => {
    const node = await startFakeNode({ rocm: "7.14", gpus: 2, compute: "CPX", memory: "NPS4" });
    const executor = executorTo(node);
    await node.change((state) => ({
      ...state,
      gpus: state.gpus.map((gpu, number) => (number === 0 ? { ...gpu, allocation: "ALL" } : gpu)),
    }));
    const observation = await observeHost(executor, OBSERVE_MS);
    await executor.close();
    await node.stop();
    expect(observation.problems).toEqual([]);
    const [first, second] = observation.gpus;
    expect([first?.allocation, second?.allocation]).toEqual(["ALL", "CAPPING"]);
    expect(first?.memory).toBe(WHOLE);
    const of = (gpu: string | undefined) => observation.devices.filter((device) => device.gpu === gpu);
    expect(new Set(of(first?.gpu).map((device) => device.capacity))).toEqual(new Set([WHOLE / 4]));
    expect(new Set(of(second?.gpu).map((device) => device.capacity))).toEqual(new Set([SHARE]));

    const layout = layoutOf(observation, observedModes(observation));
    expect(layout.domains.every((domain) => domain.capacity === WHOLE / 4)).toBe(true);
    expect(layout.devices[0]?.capacity).toBe(WHOLE / 4);

    const desired = new Map([[first?.gpu ?? "", pair("QPX/NPS4")]]);
    const planned = plan({ observation, desired, reason: "desired layout changed" });
    expect(planned.gpus[0]?.capacity).toBe(WHOLE / 4);
    expect(allocationNews(observation, planned)).toEqual([
      "memory allocation mode ALL on 0000:0c:00.0 ends with the change: the driver sets it back to CAPPING",
    ]);
    const idle = plan({ observation, desired: observedModes(observation), reason: "drift" });
    expect(allocationNews(observation, idle)).toEqual([
      "memory allocation mode ALL on 0000:0c:00.0: each device may allocate its whole memory domain, 48.0 GiB at most, and shares it",
    ]);
  });

  test("no note is shown where no GPU has the mode", () => {
    const host = hostOf(eight("CPX/NPS1"));
    const idle = plan({ observation: host, desired: observedModes(host), reason: "drift" });
    expect(allocationNews(host, idle)).toEqual([]);
  });
});

const read = (parts: typeof ONE_MI300X) => parseProbe(probeOutput(parts), TOKEN, "gpu1").gpus[0]?.allocation;

describe("the mode", () => {
  test("is the driver's word, and amd-smi's where that is silent", () => {
    const said = withLine(
      ONE_MI300X,
      "static",
      '"partition_id": 0',
      '"partition_id": 0, "compute_partition_mem_alloc_mode": "ALL"',
    );
    expect(read(ONE_MI300X)).toBeUndefined();
    expect(read(said)).toBe("ALL");
    const cards = `${said["cards"]}card1/device/compute_partition_mem_alloc_mode:CAPPING\n`;
    expect(read({ ...said, cards })).toBe("CAPPING");
  });

  test("that nobody knows is none", () => {
    expect(["N/A", "", "UNKNOWN", "all "].map(parseAllocationMode)).toEqual([
      undefined,
      undefined,
      undefined,
      "ALL",
    ]);
  });

  test("lifts the cap to the domain and never lowers what the host says", () => {
    const [gpu] = hostOf(eight("CPX/NPS1")).gpus;
    const all = gpu && { ...gpu, allocation: "ALL" as const };
    expect(capacityOf(bytes(SHARE), all, 8)).toBe(gpu?.memory);
    expect(capacityOf(bytes(2 * WHOLE), all, 8)).toBe(2 * WHOLE);
    expect(capacityOf(bytes(SHARE), gpu, 8)).toBe(SHARE);
    expect(capacityOf(bytes(SHARE), undefined, 8)).toBe(SHARE);
  });
});
