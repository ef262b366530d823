import { describe, expect, test } from "vitest";

import { capabilityOf } from "../../provider/detection/capability.ts";
import type { HostObservation } from "../../provider/detection/observation.ts";
import { hostIdOf, parseProbe } from "../../provider/detection/parse-probe.ts";
import { HostRecordError, ProbeOutputError } from "../../provider/host-errors.ts";
import { EMPTY_RECORD } from "../../provider/host-record/record.ts";
import { formatModes } from "../../provider/topology/modes.ts";
import { ONE_MI300X, type ProbeParts, probeOutput, TOKEN, withLine, without } from "./probe-output.ts";

const read = (parts: ProbeParts): HostObservation => parseProbe(probeOutput(parts), TOKEN, "ops@gpu1");

describe("the probe of an MI300X", () => {
  test("is one GPU, one device, and no problem", () => {
    const observation = read(ONE_MI300X);
    expect(observation).toMatchObject({
      right: "root",
      amdSmi: { state: "working", path: "/opt/rocm/bin/amd-smi", others: [] },
      versions: { amdSmi: "26.2.1", rocm: "7.2.0", driver: "6.16.13", kernel: "6.8.0-84-generic" },
      guest: false,
      missingGpus: [],
      gpuProcesses: [],
      processesSeen: "kfd",
      groups: { render: 109, video: 44 },
      record: EMPTY_RECORD,
      problems: [],
    });
    expect(observation.gpus).toHaveLength(1);
    expect(observation.gpus[0]).toMatchObject({
      gpu: "0000:0c:00.0",
      accelerator: "MI300X",
      modes: { compute: "SPX", memory: "NPS1" },
      devicesByMode: { SPX: 1, DPX: 2, QPX: 4, CPX: 8 },
      memory: 206_141_652_992,
    });
    expect(observation.devices).toEqual([
      {
        id: "0000:0c:00.0",
        gpu: "0000:0c:00.0",
        partition: 0,
        node: 1,
        capacity: 206_141_652_992,
        computeUnits: 304,
        renderNode: "/dev/dri/renderD128",
      },
    ]);
  });

  test("never shows the machine id, and always makes the same host id of it", () => {
    const observation = read(ONE_MI300X);
    expect(JSON.stringify(observation)).not.toContain("da15ed8dd6fb4ed88e1603f6032494aa");
    expect(observation.hostId).toBe(hostIdOf("da15ed8dd6fb4ed88e1603f6032494aa\n"));
    expect(hostIdOf("another")).not.toBe(observation.hostId);
  });

  test("is a plain JSON value: it travels from the program to the provider", () => {
    const observation = read(ONE_MI300X);
    expect(JSON.parse(JSON.stringify(observation))).toEqual(observation);
  });

  test("may have a login banner before it, and carriage returns", () => {
    const output = `Welcome to gpu1\n==OTHER host 0\nnot ours\n${probeOutput(ONE_MI300X)}`;
    expect(parseProbe(output, TOKEN, "gpu1")).toEqual(read(ONE_MI300X));
    expect(parseProbe(output.replaceAll("\n", "\r\n"), TOKEN, "gpu1")).toEqual(read(ONE_MI300X));
  });

  test("names the processes that hold a GPU, also those of which KFD does not say which", () => {
    const gpuProcesses = "4711\t\t 47640 47640\t\tpython3\n4712\t\t\t\tgpuagent\n4713\t\t 99\t\t\nnoise\n";
    expect(read({ ...ONE_MI300X, gpuProcesses }).gpuProcesses).toEqual([
      { pid: 4711, name: "python3", gpus: ["0000:0c:00.0"], kfd: true },
      { pid: 4712, name: "gpuagent", gpus: [], kfd: true },
      { pid: 4713, name: "unknown", gpus: [], kfd: true },
    ]);
  });

  test("says what each process has of each device, and takes no part of a broken line for a number", () => {
    const gpuProcesses = "4711\t\t 47640\t\tpython3\n4712\t\t 47640\t\tgpuagent\n";
    const vram = "4711/vram_47640:13207024640\n4711/vram_99:5\n4712/vram_47640:0\n4712/vram_47640x:7\n";
    expect(read({ ...ONE_MI300X, gpuProcesses, vram }).gpuProcesses).toEqual([
      {
        pid: 4711,
        name: "python3",
        gpus: ["0000:0c:00.0"],
        kfd: true,
        vram: { "0000:0c:00.0": 13_207_024_640 },
      },
      { pid: 4712, name: "gpuagent", gpus: ["0000:0c:00.0"], kfd: true },
    ]);
  });

  test("has a device without a render node where the kernel made no file for it", () => {
    const drm = "renderD130\n";
    expect(read({ ...ONE_MI300X, drm }).devices.map((device) => device.renderNode)).toEqual([undefined]);
  });

  test("knows sudo, and nothing more, as a way to become root", () => {
    expect(read(withLine(ONE_MI300X, "host", "right=root", "right=sudo")).right).toBe("sudo");
    expect(read(withLine(ONE_MI300X, "host", "right=root", "right=doas")).right).toBe("none");
  });
});

describe("amd-smi in a probe", () => {
  test("that is not there is a finding; the files alone say what the GPU is", () => {
    const parts = without(ONE_MI300X, "version", "list", "static", "partition");
    const observation = read(withLine(parts, "host", "amd_smi=/opt/rocm/bin/amd-smi", "amd_smi="));
    expect(observation.amdSmi).toEqual({ state: "absent" });
    expect(observation.gpus).toEqual(read(ONE_MI300X).gpus);
    expect(observation.problems).toEqual([]);
  });

  test("that fails is a finding with its own words", () => {
    const observation = read({ ...ONE_MI300X, version: "ImportError: libamd_smi.so: cannot open\n" });
    expect(observation.amdSmi).toEqual({
      state: "failing",
      path: "/opt/rocm/bin/amd-smi",
      reason:
        '`amd-smi version` printed JSON of an unknown structure; it printed "ImportError: libamd_smi.so: cannot open"',
    });
    expect(observation.gpus.map((gpu) => gpu.modes && formatModes(gpu.modes))).toEqual(["SPX/NPS1"]);
  });

  test("that timed out is reported as hanging", () => {
    const output = probeOutput(ONE_MI300X).replace("==T list 0\n", "==T list 124\n[\n");
    expect(parseProbe(output, TOKEN, "gpu1").amdSmi).toEqual({
      state: "failing",
      path: "/opt/rocm/bin/amd-smi",
      reason: "`amd-smi list` hangs",
    });
  });

  test("that is newer than any known works, and is named; one before ROCm 6.2 cannot be relied on", () => {
    const newer = read(withLine(ONE_MI300X, "version", "26.2.1", "27.3.0"));
    expect(newer.problems).toEqual([
      "amd-smi 27.3.0 is newer than the newest known release (27.2, ROCm 10.2) and is treated like it",
    ]);
    expect(capabilityOf(newer, "auto").level).toBe("REAL_PARTITIONING");
    const older = read(withLine(ONE_MI300X, "version", "26.2.1", "24.5.2.0"));
    expect(capabilityOf(older, "auto")).toEqual({
      level: "NONE",
      reason:
        "amd-smi 24.5.2.0 is older than the one of ROCm 6.2 (24.6), the oldest supported release; upgrade ROCm on the host",
    });
  });

  test("of a version without `partition` works, and its silence is no problem", () => {
    const partition = `{"error": "Command 'partition' is invalid. Run '--help' for more info.", "code": -1}\n`;
    const observation = read({ ...ONE_MI300X, partition });
    expect(observation.amdSmi).toMatchObject({ state: "working" });
    expect(observation.problems).toEqual([]);
  });

  test("that fails in one of its lesser commands works, and the failure is a problem", () => {
    const observation = read({ ...ONE_MI300X, partition: "RuntimeError: no groups\n" });
    expect(observation.amdSmi).toMatchObject({ state: "working" });
    expect(observation.problems).toEqual([
      '`amd-smi partition` printed JSON of an unknown structure; it printed "RuntimeError: no groups"',
    ]);
  });
});

describe("sources that contradict each other", () => {
  test("about the modes are named, and the driver's files are believed", () => {
    const observation = read(withLine(ONE_MI300X, "static", '"SPX"', '"CPX"'));
    expect(observation.problems).toEqual(["0000:0c:00.0 is SPX/NPS1 in sysfs but CPX/NPS1 in amd-smi"]);
    expect(observation.gpus[0]?.modes).toEqual({ compute: "SPX", memory: "NPS1" });
  });

  test("about the number of devices are named", () => {
    const observation = read(
      withLine(ONE_MI300X, "cards", "current_compute_partition:SPX", "current_compute_partition:DPX"),
    );
    expect(observation.problems).toContain(
      "0000:0c:00.0 in DPX/NPS1 should have 2 logical devices but has 1",
    );
  });
});

describe("a probe that cannot be read", () => {
  test("is an error that shows what was answered", () => {
    expect(() => parseProbe("sh: 1: Syntax error", TOKEN, "gpu1")).toThrow(
      'reading gpu1 failed: the output of the probe is incomplete; it printed "sh: 1: Syntax error"',
    );
    expect(() => parseProbe("", TOKEN, "gpu1")).toThrow("it printed nothing");
    expect(() => read(without(ONE_MI300X, "drm"))).toThrow(ProbeOutputError);
  });

  test("is one without a machine id: its host cannot be told from others", () => {
    expect(() =>
      read(withLine(ONE_MI300X, "host", "machine-id=da15ed8dd6fb4ed88e1603f6032494aa", "machine-id=")),
    ).toThrow("the host has no /etc/machine-id, so it cannot be identified");
  });

  test("is one with a record that is damaged: nothing is planned on a guess", () => {
    expect(() => read({ ...ONE_MI300X, record: '{"version": 1' })).toThrow(HostRecordError);
  });
});
