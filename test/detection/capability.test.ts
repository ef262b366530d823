import { beforeAll, describe, expect, test } from "vitest";

import { type Capability, capabilityOf, PARTITIONING_MODES } from "../../provider/detection/capability.ts";
import type { HostObservation } from "../../provider/detection/observation.ts";
import type { FakeNodeOptions } from "../support/fake-node/start.ts";
import { lookAt } from "./look.ts";

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

const NO_RIGHT = "the user may not change partitions; log in as root or allow it sudo without a password";
const GUEST =
  "this is an SR-IOV guest, which may query partitions but not set them; declare the hypervisor host instead";

const CASES: Readonly<Record<string, Case>> = {
  "MI300X with a working amd-smi": {
    options: { gpus: 2, rocm: "7.2" },
    ...real("2 x MI300X with a working amd-smi 26.2.1"),
  },
  "no amd-smi": {
    options: { rocm: "7.2", amdSmi: "absent" },
    ...simulated("amd-smi is not installed on the host"),
  },
  "amd-smi, but no GPU with partition modes": {
    options: { gpus: 2, rocm: "7.2", accelerator: "MI210" },
    ...simulated(
      "none of the 2 AMD GPUs (AMD Instinct MI210) offers partition modes, which begin with the MI300 series",
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
    ({ observation } = await lookAt(expected.options));
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

test("without a host there is only the simulation", () => {
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
