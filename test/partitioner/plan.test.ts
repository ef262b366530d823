import { describe, expect, test } from "vitest";

import { gibibytes } from "../../provider/bytes.ts";
import { observedModes } from "../../provider/partitioner/plan/host-modes.ts";
import { layoutOf } from "../../provider/partitioner/plan/layout-of.ts";
import { plan, type Plan } from "../../provider/partitioner/plan/plan.ts";
import { describeStep } from "../../provider/partitioner/plan/step.ts";
import { MI300X_CPX_CAPACITY } from "../support/mi300x.ts";
import { declareAll, desired, eight, GPUS, hostOf } from "./host.ts";

const planOf = (pairs: readonly string[], wanted: Readonly<Record<number, string>>): Plan =>
  plan({ observation: hostOf(pairs), desired: desired(wanted), reason: "not yet created" });

const lines = (planned: Plan): readonly string[] => planned.steps.map(describeStep);

describe("eight GPUs from SPX/NPS1 to CPX/NPS4", () => {
  const planned = planOf(eight("SPX/NPS1"), declareAll("CPX/NPS4"));

  test("take the memory mode first, then a reload, then the compute mode, which the reload resets", () => {
    expect(lines(planned)).toEqual([
      "set memory mode NPS4 (host-wide, staged until the driver reloads)",
      "reload the amdgpu driver (8 GPUs)",
      `set compute mode CPX on 8 GPUs (${GPUS.join(", ")})`,
    ]);
  });

  test("are each shown with devices before and after, and what one device may hold", () => {
    expect(planned.gpus).toHaveLength(8);
    expect(planned.gpus[0]).toEqual({
      gpu: "0000:0c:00.0",
      accelerator: "MI300X",
      observed: "SPX/NPS1",
      desired: "CPX/NPS4",
      devicesBefore: 1,
      devicesAfter: 8,
      capacity: MI300X_CPX_CAPACITY,
      summary: "SPX/NPS1 -> CPX/NPS4, 1 -> 8 devices of 24.0 GiB",
    });
  });

  test("are all hurt, and the reason is said", () => {
    expect(planned.reason).toBe("not yet created: memory mode NPS1 differs from NPS4 on 8 GPUs");
    expect(planned.blastRadius).toEqual({
      driverReload: true,
      gpus: GPUS,
      summary:
        "a memory mode applies to the whole host: the driver reloads, which ends every process on its 8 GPUs",
    });
  });
});

test("two of eight GPUs that change compute mode need no reload, and say what becomes of processes on the others", () => {
  const planned = planOf(eight("SPX/NPS1"), { ...declareAll("SPX/NPS1"), 2: "CPX/NPS1", 5: "CPX/NPS1" });
  expect(lines(planned)).toEqual(["set compute mode CPX on 2 GPUs (0000:38:00.0, 0000:af:00.0)"]);
  expect(planned.gpus.map((change) => change.gpu)).toEqual([GPUS[2], GPUS[5]]);
  expect(planned.blastRadius).toEqual({
    driverReload: false,
    gpus: [GPUS[2], GPUS[5]],
    summary:
      "the change ends every process on 2 of 8 GPUs; a process on another GPU continues if its device cgroup excludes these GPUs",
  });
});

test("a skipped GPU is reloaded with the others, keeps its compute mode, and is named in the plan", () => {
  const planned = planOf([...eight("SPX/NPS1").slice(1), "CPX/NPS1"], declareAll("CPX/NPS4", 7));
  expect(lines(planned).at(-1)).toBe(`set compute mode CPX on 8 GPUs (${GPUS.join(", ")})`);
  expect(planned.gpus.at(-1)?.summary).toBe("CPX/NPS1 -> CPX/NPS4, 8 -> 8 devices of 24.0 GiB");
  expect(planned.blastRadius.summary).toContain("its 8 GPUs (7 of them declared here)");
});

test("a skipped GPU whose compute mode the new memory mode forbids gets the driver's choice", () => {
  const planned = planOf(["SPX/NPS1", "SPX/NPS1"], { 0: "CPX/NPS4" });
  expect(planned.gpus.map((change) => change.desired)).toEqual(["CPX/NPS4", "CPX/NPS4"]);
});

test("a mixed layout takes one step per compute mode, and none for the GPU that the reload leaves right", () => {
  const planned = planOf(["CPX/NPS4", "CPX/NPS4", "CPX/NPS4"], {
    0: "SPX/NPS1",
    1: "DPX/NPS1",
    2: "CPX/NPS1",
  });
  expect(lines(planned)).toEqual([
    "set memory mode NPS1 (host-wide, staged until the driver reloads)",
    "reload the amdgpu driver (3 GPUs)",
    "set compute mode DPX on 1 GPU (0000:22:00.0)",
    "set compute mode CPX on 1 GPU (0000:38:00.0)",
  ]);
});

test("an MI300A has TPX, and never a memory mode to change", () => {
  const observation = hostOf(["SPX/NPS1", "SPX/NPS1"], "MI300A");
  const planned = plan({ observation, desired: desired({ 0: "TPX/NPS1", 1: "TPX/NPS1" }), reason: "drift" });
  expect(lines(planned)).toEqual(["set compute mode TPX on 2 GPUs (0000:0c:00.0, 0000:22:00.0)"]);
  expect(planned.gpus[0]?.summary).toBe("SPX/NPS1 -> TPX/NPS1, 1 -> 3 devices of 42.7 GiB");
  expect(planned.reason).toBe("drift: compute modes differ on 2 GPUs");
});

test("a host that is as declared has an empty plan that says so", () => {
  expect(planOf(eight("CPX/NPS4"), declareAll("CPX/NPS4"))).toEqual({
    reason: "the host is already in the desired layout",
    gpus: [],
    steps: [],
    blastRadius: { driverReload: false, gpus: [], summary: "no GPU is affected" },
  });
});

test("GPUs that disagree on the memory mode are reloaded: one of them is not what was asked for", () => {
  const observation = hostOf(["CPX/NPS4", "CPX/NPS1"]);
  const planned = plan({ observation, desired: desired({ 0: "CPX/NPS4", 1: "CPX/NPS4" }), reason: "drift" });
  expect(planned.steps.map((step) => step.action)).toEqual([
    "setMemoryMode",
    "reloadDriver",
    "setComputeMode",
  ]);
});

describe("the number of a device, which ROCR_VISIBLE_DEVICES counts", () => {
  const host = hostOf(["CPX/NPS1", "SPX/NPS1"]);

  test("is KFD's own where the devices exist: a GPU repartitioned at run time comes last", () => {
    const [spx] = host.devices.slice(8);
    const observation = { ...host, devices: [...(spx ? [spx] : []), ...host.devices.slice(0, 8)] };
    const { devices } = layoutOf(observation, observedModes(observation));
    expect(devices.map((device) => device.index)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 0]);
  });

  test("goes by PCI address for devices to come", () => {
    const { devices } = layoutOf(host, desired({ 0: "SPX/NPS1", 1: "DPX/NPS1" }));
    expect(devices.map((device) => device.index)).toEqual([0, 1, 2]);
  });

  test("counts GPUs without modes too", () => {
    const [other] = host.devices.slice(8);
    const plain = { ...host.gpus[0], gpu: "0000:05:00.0", modes: undefined };
    const observation = {
      ...host,
      gpus: [plain, ...host.gpus] as typeof host.gpus,
      devices: [
        ...(other ? [{ ...other, id: "0000:05:00.0", gpu: "0000:05:00.0", capacity: gibibytes(64) }] : []),
        ...host.devices,
      ],
    };
    for (const modes of [observedModes(observation), desired({ 0: "CPX/NPS1", 1: "DPX/NPS1" })]) {
      expect(layoutOf(observation, modes).devices[0]?.index).toBe(1);
    }
  });
});
