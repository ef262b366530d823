import { describe, expect, test } from "vitest";

import { capabilityOf } from "../../provider/detection/capability.ts";
import { observeHost } from "../../provider/detection/observe.ts";
import type { Executor } from "../../provider/remote/executor.ts";
import { formatModes } from "../../provider/topology/modes.ts";
import { type FakeNodeOptions, startFakeNode } from "../support/fake-node/start.ts";
import { executorTo, OBSERVE_MS, observeNode } from "./observe-node.ts";

const MI300X = "SPX/NPS1 DPX/NPS1 DPX/NPS2 QPX/NPS1 QPX/NPS4 CPX/NPS1 CPX/NPS4";
const MI300A = "SPX/NPS1 TPX/NPS1 CPX/NPS1";
const MI355X = "SPX/NPS1 DPX/NPS1 DPX/NPS2 QPX/NPS1 QPX/NPS2 CPX/NPS1 CPX/NPS2";

interface Case {
  readonly options: FakeNodeOptions;
  readonly accelerator: string;
  readonly modes: string;
  readonly devices: number;
  readonly permitted: string;
  readonly library: string;
}

const CASES: Readonly<Record<string, Case>> = {
  "2 x MI300X, ROCm 6.2": {
    options: { gpus: 2, rocm: "6.2.2" },
    accelerator: "MI300X",
    modes: "SPX/NPS1 SPX/NPS1",
    devices: 2,
    permitted: MI300X,
    library: "24.6.3.0",
  },
  "2 x MI300X in CPX/NPS4, ROCm 6.2": {
    options: { gpus: 2, rocm: "6.2.2", compute: "CPX", memory: "NPS4" },
    accelerator: "MI300X",
    modes: "CPX/NPS4 CPX/NPS4",
    devices: 16,
    permitted: MI300X,
    library: "24.6.3.0",
  },
  "2 x MI300X in CPX/NPS4, ROCm 6.4": {
    options: { gpus: 2, rocm: "6.4.2", compute: "CPX", memory: "NPS4" },
    accelerator: "MI300X",
    modes: "CPX/NPS4 CPX/NPS4",
    devices: 16,
    permitted: MI300X,
    library: "25.4.2",
  },
  "2 x MI300X in mixed modes, ROCm 7.0, with carriage returns": {
    options: { gpus: 2, rocm: "7.0", compute: ["QPX", "SPX"], lineEnd: "\r\n" },
    accelerator: "MI300X",
    modes: "QPX/NPS1 SPX/NPS1",
    devices: 5,
    permitted: MI300X,
    library: "26.0.0",
  },
  "8 x MI300X in CPX/NPS4, ROCm 7.2": {
    options: { gpus: 8, rocm: "7.2", compute: "CPX", memory: "NPS4" },
    accelerator: "MI300X",
    modes: Array(8).fill("CPX/NPS4").join(" "),
    devices: 64,
    permitted: MI300X,
    library: "26.2.1",
  },
  "4 x MI300A in TPX, ROCm 7.2": {
    options: { gpus: 4, rocm: "7.2", accelerator: "MI300A", compute: "TPX" },
    accelerator: "MI300A",
    modes: Array(4).fill("TPX/NPS1").join(" "),
    devices: 12,
    permitted: MI300A,
    library: "26.2.1",
  },
  "2 x MI355X in DPX/NPS2, ROCm 7.14": {
    options: { gpus: 2, rocm: "7.14", accelerator: "MI355X", compute: "DPX", memory: "NPS2" },
    accelerator: "MI355X",
    modes: "DPX/NPS2 DPX/NPS2",
    devices: 4,
    permitted: MI355X,
    library: "26.5.0",
  },
  "4 x MI350P in DPX, ROCm 10.0": {
    options: { gpus: 4, rocm: "10.0", accelerator: "MI350P", compute: "DPX" },
    accelerator: "MI350P",
    modes: Array(4).fill("DPX/NPS1").join(" "),
    devices: 8,
    permitted: "SPX/NPS1 DPX/NPS1 CPX/NPS1",
    library: "27.0.0",
  },
  "2 x MI355X in CPX/NPS2 by way of sudo, ROCm 10.2": {
    options: { gpus: 2, rocm: "10.2", accelerator: "MI355X", compute: "CPX", memory: "NPS2", user: "ops" },
    accelerator: "MI355X",
    modes: "CPX/NPS2 CPX/NPS2",
    devices: 16,
    permitted: MI355X,
    library: "27.2.0",
  },
  "1 x MI308X in CPX by way of sudo, amd-smi outside the PATH": {
    options: { rocm: "7.2", accelerator: "MI308X", compute: "CPX", user: "ops", amdSmi: "opt" },
    accelerator: "MI308X",
    modes: "CPX/NPS1",
    devices: 4,
    permitted: "SPX/NPS1 DPX/NPS1 DPX/NPS2 CPX/NPS1 CPX/NPS4",
    library: "26.2.1",
  },
};

describe("an observation finds everything in one connection and one exec, and no contradiction, on", () => {
  test.each(Object.entries(CASES))(
    "%s",
    async (_, { options, accelerator, modes, devices, permitted, library }) => {
      const { observation, counts } = await observeNode(options);
      expect(counts).toEqual({ connections: 1, execs: 1 });
      expect(observation.problems).toEqual([]);
      expect(observation.amdSmi).toEqual({ state: "working", path: "/opt/rocm/bin/amd-smi", others: [] });
      expect(observation.versions.amdSmi).toBe(library);
      expect(observation.gpus.map((gpu) => gpu.modes && formatModes(gpu.modes)).join(" ")).toBe(modes);
      for (const gpu of observation.gpus) {
        expect(gpu.accelerator).toBe(accelerator);
        expect(gpu.permitted.map(formatModes).toSorted()).toEqual(permitted.split(" ").toSorted());
      }
      expect(observation.devices).toHaveLength(devices);
      expect(new Set(observation.devices.map((device) => device.renderNode)).size).toBe(devices);
      expect(observation.devices.every((device) => device.renderNode?.startsWith("/dev/dri/renderD"))).toBe(
        true,
      );
      expect(capabilityOf(observation, "real").level).toBe("REAL_PARTITIONING");
    },
  );
});

test("the 64th device that a display keeps away is missed by name", async () => {
  const { observation } = await observeNode({
    gpus: 8,
    rocm: "7.2",
    compute: "CPX",
    memory: "NPS4",
    display: "ast",
    drmNodeLimit: 64,
  });
  expect(observation.devices).toHaveLength(63);
  expect(observation.problems).toEqual(["0000:df:00.0 in CPX/NPS4 should have 8 logical devices but has 7"]);
});

test("the memory of a process is read for each partition where KFD counts it", async () => {
  const { observation } = await observeNode({
    gpus: 2,
    rocm: "7.2",
    compute: "CPX",
    memory: "NPS4",
    processes: [{ name: "python3", gpu: 1, partition: 2, vramBytes: 13_207_024_640 }],
  });
  const [, second] = observation.gpus;
  expect(observation.gpuProcesses).toEqual([
    expect.objectContaining({
      name: "python3",
      gpus: [second?.gpu],
      vram: { [`${second?.gpu.slice(0, -1)}2`]: 13_207_024_640 },
    }),
  ]);
});

test("the findings of root reach a user whose umask hides new files", async () => {
  const node = await startFakeNode({ rocm: "7.2", user: "ops", gpus: 1 });
  const executor = executorTo(node);
  const strict: Executor = {
    target: executor.target,
    hold: (command, options) => executor.hold(command, options),
    close: () => executor.close(),
    run: (command, options) =>
      executor.run(
        "script" in command ? { ...command, script: `umask 077\n${command.script}` } : command,
        options,
      ),
  };
  try {
    const observation = await observeHost(strict, OBSERVE_MS);
    expect(observation).toMatchObject({ right: "sudo", amdSmi: { state: "working" }, processesSeen: "all" });
    expect(observation.problems).toEqual([]);
  } finally {
    await executor.close();
    await node.stop();
  }
});

test.each(["10.0", "10.2"] as const)(
  "a user outside the groups render and video observes all of a host with ROCm %s but its profiles",
  async (rocm) => {
    const { observation } = await observeNode({
      gpus: 2,
      rocm,
      user: "ops",
      sudo: "denied",
      operatorGroups: "none",
      compute: "CPX",
    });
    expect(observation).toMatchObject({ right: "none", problems: [], amdSmi: { state: "working" } });
    expect(observation.gpus.map((gpu) => gpu.modes && formatModes(gpu.modes))).toEqual([
      "CPX/NPS1",
      "CPX/NPS1",
    ]);
    expect(observation.devices).toHaveLength(16);
    expect(capabilityOf(observation, "auto").level).toBe("NONE");
  },
);

test("an unloaded driver is the reason that is reported, although amd-smi of ROCm 10.2 prints an error", async () => {
  const { observation } = await observeNode({ gpus: 2, rocm: "10.2", driver: "unloaded" });
  expect(observation.amdSmi).toMatchObject({ state: "failing" });
  expect(observation.missingGpus.map((one) => one.cause.kind)).toEqual(["driver-absent", "driver-absent"]);
  expect(capabilityOf(observation, "auto").reason).toContain("sudo modprobe amdgpu");
});
