import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { ComputeSwitch } from "../../provider/detection/assemble/compute-switch.ts";
import type { GpuProcess, HostObservation } from "../../provider/detection/observation.ts";
import { plan } from "../../provider/partitioner/plan/plan.ts";
import {
  busyWith,
  processRefusals,
  processWarnings,
  inTheWay,
} from "../../provider/partitioner/refuse/in-use.ts";
import { createState, type StateOptions } from "../support/fake-node/create-state.ts";
import { isInUse } from "../support/fake-node/transitions.ts";
import { desired, eight, GPUS, hostOf } from "./host.ts";

const [FIRST = ""] = GPUS;

const hostWith = (computeSwitch: ComputeSwitch, gpuProcesses: readonly GpuProcess[]): HostObservation => {
  const observation = hostOf(eight("SPX/NPS1"), undefined, { gpuProcesses });
  return { ...observation, driverModule: { ...observation.driverModule, computeSwitch } };
};

const changeOfSixth = (observation: HostObservation, to = "CPX/NPS1") =>
  plan({ observation, desired: desired({ 5: to }), reason: "drift" });

const SERVER: GpuProcess = { pid: 7, name: "vllm", gpus: [FIRST], kfd: true };
const EVERYWHERE: GpuProcess = { pid: 8, name: "python3", gpus: GPUS, kfd: true };
const EXPORTER: GpuProcess = { pid: 9, name: "exporter", gpus: [FIRST], files: ["/dev/dri/renderD128"] };

const pids = (computeSwitch: ComputeSwitch, to?: string): readonly number[] => {
  const observation = hostWith(computeSwitch, [SERVER, EVERYWHERE, EXPORTER]);
  return inTheWay(observation, changeOfSixth(observation, to)).map((process) => process.pid);
};

const summary = (computeSwitch: ComputeSwitch): string =>
  changeOfSixth(hostWith(computeSwitch, [])).blastRadius.summary;

describe("a process on another GPU than the one that changes", () => {
  test("blocks a driver that needs the whole host idle, if it has /dev/kfd open", () => {
    expect(pids("idle-host")).toEqual([7, 8]);
    expect(pids("unsaid")).toEqual([7, 8]);
  });

  test("blocks a driver that changes one GPU alone only if no device cgroup takes that GPU from it", () => {
    expect(pids("idle-gpu")).toEqual([8]);
  });

  test("blocks every driver that has to be reloaded, whatever it has open", () => {
    expect(pids("idle-gpu", "CPX/NPS4")).toEqual([7, 8, 9]);
  });

  test("is refused with the reason, and warned of in the preview", () => {
    const old = hostWith("idle-host", [SERVER]);
    expect(processRefusals(old, changeOfSixth(old))).toMatchObject([
      { code: "gpus-in-use", data: { processes: [SERVER], because: "idle-host" } },
    ]);
    const policy = { inUse: "refuse", inUseMs: 0, services: [] } as const;
    expect(processWarnings(old, changeOfSixth(old), policy)).toMatchObject([
      { code: "gpus-in-use-refuses", data: { because: "idle-host" } },
    ]);
    const unknown = hostWith("unsaid", []);
    expect(processWarnings(unknown, changeOfSixth(unknown), policy)).toMatchObject([
      { code: "compute-switch-unknown" },
    ]);
    expect(processWarnings(unknown, changeOfSixth(unknown, "CPX/NPS4"), policy)).toEqual([]);
    expect(processWarnings(unknown, changeOfSixth(unknown, "SPX/NPS1"), policy)).toEqual([]);
  });

  test("is named after a refusal, whatever the release of the driver says", () => {
    const observation = hostWith("idle-gpu", [SERVER, EXPORTER]);
    expect(busyWith(observation, changeOfSixth(observation))).toMatchObject([
      { code: "gpus-in-use", data: { processes: [SERVER] } },
    ]);
    const idle = hostWith("idle-gpu", [EXPORTER]);
    expect(busyWith(idle, changeOfSixth(idle))).toEqual([]);
  });

  test("is part of what the plan says it touches", () => {
    expect(summary("idle-host")).toContain(
      "this driver also needs every other process with /dev/kfd open to end",
    );
    expect(summary("unsaid")).toContain("may also need");
    expect(summary("idle-gpu")).toContain("continues if its device cgroup excludes these GPUs");
  });
});

test("the processes named are those for which a driver of either kind answers busy", () => {
  const process = fc.record({
    gpu: fc.nat(7),
    deviceCgroup: fc.constantFrom("own-gpu", "every-gpu"),
    opens: fc.constantFrom(["kfd", "render"] as const, ["render"] as const),
  });
  fc.assert(
    fc.property(
      fc.array(process, { maxLength: 6 }),
      fc.nat(7),
      fc.constantFrom(["6.4.2", "idle-host"] as const, ["7.2", "idle-gpu"] as const),
      (processes, gpu, [rocm, computeSwitch]) => {
        const named = processes.map((one, pid) => ({ ...one, pid, name: "p" }));
        const options: StateOptions = { gpus: 8, rocm, processes: named };
        const gpuProcesses = named.map((one): GpuProcess => ({
          pid: one.pid,
          name: one.name,
          gpus: one.deviceCgroup === "every-gpu" && one.opens[0] === "kfd" ? GPUS : [GPUS[one.gpu] ?? ""],
          ...(one.opens[0] === "kfd" && { kfd: true as const }),
        }));
        const observation = hostWith(computeSwitch, gpuProcesses);
        const planned = plan({ observation, desired: desired({ [gpu]: "CPX/NPS1" }), reason: "drift" });
        const blocking = inTheWay(observation, planned).filter((process) => process.kfd);
        expect(blocking.length > 0).toBe(isInUse(createState(options), gpu));
      },
    ),
  );
});
