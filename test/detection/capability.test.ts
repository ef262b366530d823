import { beforeAll, describe, expect, test } from "vitest";

import { type Capability, capabilityOf, PARTITIONING_MODES } from "../../provider/detection/capability.ts";
import type { HostObservation } from "../../provider/detection/observation.ts";
import type { FakeNodeOptions } from "../support/fake-node/start.ts";
import { observeNode } from "./observe-node.ts";

interface Case {
  readonly options: FakeNodeOptions;
  readonly auto: Capability;
  readonly real: Capability;
}

const real = (reason: string): Pick<Case, "auto" | "real"> => ({
  auto: { level: "REAL_PARTITIONING", reason },
  real: { level: "REAL_PARTITIONING", reason },
});

/** Nothing there to partition: `auto` may simulate it. */
const simulated = (reason: string): Pick<Case, "auto" | "real"> => ({
  auto: { level: "SIMULATION", reason: `${reason}; simulated instead, nothing on this host changes` },
  real: { level: "NONE", reason },
});

/** There, and not ours to change: simulating it would deceive. */
const refused = (reason: string): Pick<Case, "auto" | "real"> => ({
  auto: { level: "NONE", reason },
  real: { level: "NONE", reason },
});

const NO_RIGHT =
  "this user cannot change partitions; log in as root, or allow the user sudo without a password";
const GUEST =
  "this is an SR-IOV guest, which can query partitions but not set them; declare the hypervisor host instead";

/** AMD accelerators on the bus, by address, which have the driver named last, or none. */
const unstarted = (...words: readonly string[]): NonNullable<FakeNodeOptions["overrides"]> => {
  const driver = words.find((word) => !word.includes(":"));
  const files = words
    .filter((word) => word.includes(":"))
    .flatMap((gpu) => {
      const path = `/sys/bus/pci/devices/${gpu}`;
      return [
        [`${path}/vendor`, "0x1002\n"],
        [`${path}/class`, "0x120000\n"],
        [`${path}/device`, "0x74a1\n"],
        ...(driver === undefined ? [] : [[`${path}/uevent`, `DRIVER=${driver}\nPCI_CLASS=120000\n`]]),
      ];
    });
  return { files: Object.fromEntries(files) as Record<string, string>, outputs: {} };
};

const CASES: Readonly<Record<string, Case>> = {
  "MI300X with a working amd-smi": {
    options: { gpus: 2, rocm: "7.2" },
    ...real("2 x MI300X with a working amd-smi 26.2.1"),
  },
  "no amd-smi": {
    options: { rocm: "7.2", amdSmi: "absent" },
    ...refused(
      "amd-smi is not installed on the host: it is not in /opt/rocm/bin, /opt/rocm/core-*/bin, /opt/rocm-*/bin and PATH; install it, or set amdSmiPath to its path",
    ),
  },
  "amd-smi, but no GPU with partition modes": {
    options: { gpus: 2, rocm: "7.2", accelerator: "MI210" },
    ...simulated(
      "none of the 2 AMD GPUs (AMD Instinct MI210) supports partition modes, which exist from the MI300 series on",
    ),
  },
  "no AMD GPU": { options: { gpus: 0, rocm: "7.2" }, ...simulated("no AMD GPU was found") },
  "an SR-IOV guest": { options: { rocm: "7.2", platform: "guest" }, ...refused(GUEST) },
  "an SR-IOV guest whose GPU has the id of a whole one": {
    options: { rocm: "6.2.2", accelerator: "MI300A", platform: "guest" },
    ...refused(GUEST),
  },
  "a user without sudo": { options: { rocm: "7.2", user: "ops", sudo: "denied" }, ...refused(NO_RIGHT) },
  "a user who is asked for a password": {
    options: { rocm: "7.2", user: "ops", sudo: "with-password" },
    ...refused(NO_RIGHT),
  },
  "amd-smi in a folder of one release only": {
    options: { rocm: "6.3", amdSmi: ["/opt/rocm-6.3.3/bin/amd-smi"] },
    ...real("1 x MI300X with a working amd-smi 24.7.1 (/opt/rocm-6.3.3/bin/amd-smi)"),
  },
  "a driver that is loaded and could start no GPU": {
    options: { gpus: 0, rocm: "7.2", overrides: unstarted("0000:0c:00.0", "0000:22:00.0") },
    ...refused(
      "the amdgpu driver is loaded but could not start 0000:0c:00.0, 0000:22:00.0; see the amdgpu lines of `sudo dmesg` on the host for the cause",
    ),
  },
  "GPUs that are passed to virtual machines": {
    options: { gpus: 0, rocm: "7.2", overrides: unstarted("0000:0c:00.0", "vfio-pci") },
    ...refused(
      "0000:0c:00.0 is bound to the driver vfio-pci, not to amdgpu; it is passed through to a virtual machine, and its modes are set there or by the hypervisor",
    ),
  },
  "a driver too old to offer modes": {
    options: {
      rocm: "6.2.2",
      overrides: {
        files: Object.fromEntries(
          ["current_compute", "available_compute", "current_memory", "available_memory"].map((name) => [
            `/sys/bus/pci/devices/0000:0c:00.0/${name}_partition`,
            null,
          ]),
        ),
        outputs: {},
      },
    },
    ...refused(
      "the amdgpu driver (6.8.5) offers no partition modes for MI300X; install a newer amdgpu driver on the host",
    ),
  },
  "a Device Config Manager that sets the modes": {
    options: { rocm: "7.2", pods: ["kube-amd-gpu_node-config-manager-x7x2k_5d3b"] },
    ...refused(
      "AMD's Device Config Manager runs on this host (pod kube-amd-gpu_node-config-manager-x7x2k_5d3b) and sets its modes; change its profile, or keep it off this host",
    ),
  },
  "a driver that is not loaded": {
    options: { gpus: 2, rocm: "7.2", driver: "unloaded" },
    ...refused(
      "the amdgpu driver shows none of the host's 2 AMD accelerators; load it with `sudo modprobe amdgpu`",
    ),
  },
};

describe.each(Object.entries(CASES))("%s", (_, expected) => {
  let observation: HostObservation;
  beforeAll(async () => {
    ({ observation } = await observeNode(expected.options));
  });

  test('is refused or simulated by "auto" according to whether that would deceive', () => {
    expect(capabilityOf(observation, "auto")).toEqual(expected.auto);
  });

  test('is never simulated by "real"', () => {
    expect(capabilityOf(observation, "real")).toEqual(expected.real);
  });

  test('is always simulated by "simulation"', () => {
    expect(capabilityOf(observation, "simulation").level).toBe("SIMULATION");
  });
});

test("a declaration without a host gets the simulation", () => {
  for (const mode of PARTITIONING_MODES) {
    expect(capabilityOf(undefined, mode).level).toBe("SIMULATION");
  }
  expect(capabilityOf(undefined, "auto").reason).toBe(
    "no host is declared; the embedded simulation stands in for one",
  );
  expect(capabilityOf(undefined, "simulation").reason).toBe(
    "simulation was asked for; no host is read or changed",
  );
});
