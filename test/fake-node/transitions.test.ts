import { describe, expect, it } from "vitest";

import { createState } from "../support/fake-node/create-state.ts";
import { devicesOf, visibleGpus } from "../support/fake-node/devices.ts";
import { runModprobe } from "../support/fake-node/modprobe.ts";
import type { NodeState } from "../support/fake-node/state.ts";
import { runSystemctl } from "../support/fake-node/systemctl.ts";
import {
  countRead,
  loadDriver,
  reboot,
  removeDriver,
  setCompute,
  settle,
  stageMemory,
} from "../support/fake-node/transitions.ts";

const reload = (state: NodeState): NodeState => loadDriver(removeDriver(state).state).state;

describe("the driver", () => {
  it.each([
    ["MI300X", "NPS1", "SPX", 1],
    ["MI300X", "NPS2", "DPX", 2],
    ["MI300X", "NPS4", "CPX", 8],
    ["MI308X", "NPS4", "CPX", 4],
    ["MI355X", "NPS2", "DPX", 2],
  ] as const)("%s in %s starts in %s with %i devices", (accelerator, memory, compute, devices) => {
    const state = reload(createState({ accelerator, compute: "DPX", staged: memory }));
    expect(state).toMatchObject({ memory, staged: null });
    expect(state.gpus[0]?.compute).toBe(compute);
    expect(devicesOf(state)).toHaveLength(devices);
  });

  it("keeps the memory mode over a reload and loses it, and every process, over a reboot", () => {
    const state = createState({
      compute: "QPX",
      memory: "NPS4",
      staged: "NPS2",
      processes: [{ name: "a", gpu: 0 }],
    });
    expect(reload({ ...state, staged: null, processes: [] }).memory).toBe("NPS4");
    const rebooted = reboot(state);
    expect(rebooted).toMatchObject({ memory: "NPS1", staged: null, processes: [] });
    expect(rebooted.gpus[0]?.compute).toBe("SPX");
    expect(rebooted.bootId).not.toBe(state.bootId);
  });

  it("cannot be removed while a process has a GPU open", () => {
    const used = createState({ processes: [{ name: "python3", gpu: 0 }] });
    expect(runModprobe(used, "modprobe", ["-r", "amdgpu"], "root")).toMatchObject({
      code: 1,
      stderr: "modprobe: FATAL: Module amdgpu is in use.\n",
    });
    expect(removeDriver(used).state.driver).toBe("loaded");
  });

  it("is root's to load and remove", () => {
    expect(runModprobe(createState(), "modprobe", ["-r", "amdgpu"], "user").code).toBe(1);
    expect(runModprobe(createState({ driver: "unloaded" }), "modprobe", ["amdgpu"], "user").stderr).toContain(
      "Operation not permitted",
    );
  });

  it("takes a request for the present memory mode for nothing: what was staged stays staged", () => {
    const staged = stageMemory(createState(), 0, 0, "NPS4").state;
    const again = stageMemory(staged, 0, 0, "NPS1");
    expect(again.status).toBe("AMDSMI_STATUS_SUCCESS");
    expect(again.state.staged).toBe("NPS4");
  });

  it("changes no compute mode twice", () => {
    const state = createState({ compute: "CPX", busy: true });
    expect(setCompute(state, 0, 0, "CPX")).toEqual({ status: "AMDSMI_STATUS_SUCCESS", state });
    expect(setCompute(state, 0, 0, "SPX").status).toBe("AMDSMI_STATUS_BUSY");
  });
});

describe("a slow start", () => {
  it("counts reads until the GPUs are there", () => {
    const starting = reload(createState({ gpus: 4, slowStart: { reads: 2, gpusMeanwhile: 1 } }));
    expect(visibleGpus(starting)).toHaveLength(1);
    expect(visibleGpus(countRead(starting))).toHaveLength(1);
    expect(visibleGpus(countRead(countRead(starting)))).toHaveLength(4);
  });

  it("waits for time otherwise", () => {
    const starting = reload(createState({ gpus: 4, slowStart: { seconds: 1 } }));
    expect(visibleGpus(countRead(starting))).toHaveLength(0);
    expect(visibleGpus(settle(starting))).toHaveLength(4);
  });
});

describe("faults", () => {
  it("strike after the given number of successes, as often as they say, on their GPU", () => {
    let state = createState({
      gpus: 2,
      faults: [{ on: "set-compute", gpu: 1, does: "AMDSMI_STATUS_BUSY", after: 1, times: 1 }],
    });
    const statuses = (["CPX", "SPX", "CPX"] as const).map((mode) => {
      expect(setCompute(state, 0, 0, mode).status).toBe("AMDSMI_STATUS_SUCCESS");
      const result = setCompute(state, 1, 0, mode);
      state = result.state;
      return result.status;
    });
    expect(statuses).toEqual(["AMDSMI_STATUS_SUCCESS", "AMDSMI_STATUS_BUSY", "AMDSMI_STATUS_SUCCESS"]);
    expect(state.faults).toEqual([]);
  });

  it("can be a success that changes nothing", () => {
    const liar = createState({ staged: "NPS2", faults: [{ on: "driver-load", does: "says-so-only" }] });
    expect(reload(liar)).toMatchObject({ driver: "loaded", memory: "NPS1", staged: null });
  });

  it("make modprobe fail, with the driver left unloaded", () => {
    const state = createState({ faults: [{ on: "driver-load", does: "AMDSMI_STATUS_NO_DATA" }] });
    const removed = removeDriver(state).state;
    expect(runModprobe(removed, "modprobe", ["amdgpu"], "root")).toMatchObject({
      code: 1,
      state: { driver: "unloaded" },
    });
  });
});

describe("systemctl", () => {
  const state = createState({
    services: [
      { name: "gpuagent", active: true, gpu: 0 },
      { name: "amd-metrics-exporter", active: false },
    ],
    processes: [{ pid: 77, name: "gpuagent", gpu: 0, service: "gpuagent" }],
  });

  it("tells which services run", () => {
    expect(runSystemctl(state, ["is-active", "gpuagent.service", "amd-metrics-exporter"], "user")).toEqual({
      stdout: "active\ninactive\n",
      stderr: "",
      code: 0,
    });
    expect(runSystemctl(state, ["is-active", "--quiet", "amd-metrics-exporter"], "user")).toMatchObject({
      stdout: "",
      code: 3,
    });
  });

  it("takes a service's process along", () => {
    const stopped = runSystemctl(state, ["stop", "gpuagent"], "root").state;
    expect(stopped?.processes).toEqual([]);
    const started = stopped && runSystemctl(stopped, ["start", "gpuagent"], "root").state;
    expect(started?.processes).toMatchObject([{ name: "gpuagent", gpu: 0 }]);
  });

  it("refuses strangers and unknown services", () => {
    expect(runSystemctl(state, ["stop", "gpuagent"], "user").code).toBe(1);
    expect(runSystemctl(state, ["stop", "nothing"], "root")).toMatchObject({
      code: 5,
      stderr: "Failed to stop nothing.service: Unit nothing.service not loaded.\n",
    });
  });
});
