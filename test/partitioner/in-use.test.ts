import { describe, expect, test } from "vitest";

import type { GpuProcess, HostObservation } from "../../provider/detection/observation.ts";
import { plan } from "../../provider/partitioner/plan/plan.ts";
import { processRefusals, processWarnings } from "../../provider/partitioner/refuse/in-use.ts";
import { desired, eight, GPUS, hostOf } from "./host.ts";

const gpuProcesses = (...list: HostObservation["gpuProcesses"]): readonly string[] => {
  const observation = hostOf(eight("SPX/NPS1"), undefined, { gpuProcesses: list });
  return processRefusals(
    observation,
    plan({ observation, desired: desired({ 0: "CPX/NPS1", 1: "CPX/NPS1" }), reason: "drift" }),
  ).map(({ text }) => text);
};

describe("processes block a change", () => {
  test("if they use the GPUs that would change; each has name, pid and GPU", () => {
    expect(
      gpuProcesses(
        { pid: 7, name: "python3", gpus: [GPUS[1] ?? ""] },
        { pid: 8, name: "vllm", gpus: [GPUS[5] ?? ""] },
      ),
    ).toEqual(["GPUs are in use by python3 (pid 7 on 0000:22:00.0); stop it first"]);
  });

  test("on all GPUs if KFD does not report the GPU", () => {
    expect(
      gpuProcesses({ pid: 7, name: "gpuagent", gpus: [] }, { pid: 8, name: "a", gpus: [GPUS[0] ?? ""] }),
    ).toEqual(["GPUs are in use by gpuagent (pid 7), a (pid 8 on 0000:0c:00.0); stop them first"]);
  });

  test("only if there are any", () => {
    expect(gpuProcesses()).toEqual([]);
  });

  test("on any GPU if the driver is reloaded, also on a GPU without modes", () => {
    const observation = hostOf(eight("SPX/NPS1"), undefined, {
      gpuProcesses: [{ pid: 7, name: "Xorg", gpus: ["0000:83:00.0"], files: ["/dev/dri/card65"] }],
    });
    const to = (modes: string) => plan({ observation, desired: desired({ 0: modes }), reason: "drift" });
    expect(processRefusals(observation, to("CPX/NPS1"))).toEqual([]);
    expect(processRefusals(observation, to("CPX/NPS4")).map(({ text }) => text)).toEqual([
      "GPUs are in use by Xorg (pid 7 on 0000:83:00.0: /dev/dri/card65); stop it first",
    ]);
  });

  test("and are all counted; the first of them are named", () => {
    const many = Array.from({ length: 9 }, (_, number) => ({ pid: number + 1, name: "p", gpus: [] }));
    expect(gpuProcesses(...many)[0]).toMatch(
      /^GPUs are in use by p \(pid 1\), .*p \(pid 5\) and 4 more; stop/,
    );
  });
});

describe("a preview warns of processes", () => {
  const service: GpuProcess = {
    pid: 8,
    name: "vllm",
    user: "ops",
    gpus: [GPUS[0] ?? ""],
    group: { kind: "unit", name: "vllm.service" },
    files: ["/dev/kfd", "a", "b", "c", "d"],
  };
  const container: GpuProcess = {
    pid: 9,
    name: "python3",
    gpus: [GPUS[0] ?? ""],
    group: { kind: "container", id: "1f2e3d4c5b6a", runtime: "docker" },
  };
  const warnings = (
    policy: Partial<Parameters<typeof processWarnings>[2]>,
    changes: Partial<Omit<HostObservation, "record">> = {},
    modes = "CPX/NPS1",
  ): readonly string[] => {
    const observation = hostOf(eight("SPX/NPS1"), undefined, {
      gpuProcesses: [service, container],
      ...changes,
    });
    const planned = plan({ observation, desired: desired({ 0: modes }), reason: "drift" });
    return processWarnings(observation, planned, {
      inUse: "refuse",
      inUseMs: 60_000,
      services: [],
      ...policy,
    }).map(({ text }) => text);
  };

  test("that the update stops with their service, and of those that would make it refuse", () => {
    expect(warnings({ services: ["vllm"] })).toEqual([
      "GPUs are in use by vllm (pid 8 of ops in vllm.service on 0000:0c:00.0: /dev/kfd, a, b, 2 more); the update stops vllm.service itself",
      "GPUs are in use by python3 (pid 9 in docker container 1f2e3d4c5b6a on 0000:0c:00.0); stop it first, or the update is refused (it stops vllm itself)",
    ]);
  });

  test("that the update waits for, with the time limit", () => {
    expect(warnings({ inUse: "wait" })[0]).toMatch(/; the update waits up to 60 s for them to end$/);
  });

  test("except tools that only read", () => {
    const tools = ["amd-smi", "python3 amd-smi", "python3 rocm_smi.py", "rocminfo"].map((name, pid) => ({
      pid,
      name,
      gpus: [],
    }));
    expect(warnings({}, { gpuProcesses: tools }).join()).toMatch(
      /^GPUs are in use by python3 rocm_smi\.py \(pid 2\);/,
    );
  });

  test("that it cannot see, instead of reporting the GPUs as free", () => {
    expect(warnings({}, { gpuProcesses: [], processesSeen: "kfd" })).toEqual([
      "listing open GPU device files requires root; processes that KFD does not list may also use the GPUs",
    ]);
  });

  test("only if something changes", () => {
    expect(warnings({}, { processesSeen: "kfd" }, "SPX/NPS1")).toEqual([]);
  });
});
