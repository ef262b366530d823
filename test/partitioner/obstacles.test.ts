import { describe, expect, test } from "vitest";

import type { HostObservation } from "../../provider/detection/observation.ts";
import { plan } from "../../provider/partitioner/plan/plan.ts";
import { driverWarnings, obstacles } from "../../provider/partitioner/refuse/obstacles.ts";
import { desired, eight, GPUS, hostOf, observe, stateOf } from "./host.ts";

const FINE = observe(stateOf(eight("SPX/NPS1"))).driverModule;
const KEY = "project/dev/node1";

type Changes = Partial<Omit<HostObservation, "record">>;

const planned = (observation: HostObservation, modes: string) =>
  plan({ observation, desired: desired({ 0: modes }), reason: "drift" });

const against = (modes: string, changes: Changes): readonly string[] => {
  const observation = hostOf(eight("SPX/NPS1"), undefined, changes);
  return obstacles(observation, planned(observation, modes), KEY).map(({ text }) => text);
};

const warned = (modes: string, changes: Changes): readonly string[] => {
  const observation = hostOf(eight("SPX/NPS1"), undefined, changes);
  return driverWarnings(observation, planned(observation, modes)).map(({ text }) => text);
};

describe("a driver that cannot be reloaded", () => {
  test.each([
    [
      { kind: "built-in" },
      "the change reloads the amdgpu driver, which is built into this kernel; keep the memory mode, or use a kernel with amdgpu as a module",
    ],
    [
      { usedBy: ["peer_a", "peer_b"] },
      "the change reloads the amdgpu driver, which the kernel modules peer_a, peer_b use; unload them first with `sudo modprobe -r peer_a peer_b`",
    ],
    [{ modprobe: "missing" }, "the change reloads the amdgpu driver, but modprobe is missing; install kmod"],
  ] as const)("%o stands against a memory mode, and against nothing else", (found, sentence) => {
    const driverModule = { ...FINE, ...found };
    expect(against("CPX/NPS4", { driverModule })).toEqual([sentence]);
    expect(against("CPX/NPS1", { driverModule })).toEqual([]);
    expect(against("SPX/NPS1", { driverModule })).toEqual([]);
  });

  test("refuses nothing on a host that does not report the driver module", () => {
    expect(against("CPX/NPS4", { driverModule: { ...FINE, kind: "unsaid" } })).toEqual([]);
  });

  test("a console on it is no obstacle, because the kernel lets it go; it is said to go dark", () => {
    const driverModule = { ...FINE, console: "fb0" };
    expect(against("CPX/NPS4", { driverModule })).toEqual([]);
    expect(warned("CPX/NPS4", { driverModule })).toEqual([
      "the machine's console (fb0) is driven by amdgpu and goes blank while the driver reloads",
    ]);
    expect(warned("CPX/NPS1", { driverModule })).toEqual([]);
  });
});

describe("a memory mode that somebody requested and nobody loaded", () => {
  const driverModule = { ...FINE, staged: "requested" } as const;

  test("stands against a compute mode, which it would undo, and is shown where nothing changes", () => {
    expect(against("CPX/NPS1", { driverModule })).toEqual([
      "another memory mode was requested outside Pulumi; the next load of the driver applies it and resets all compute modes. Reload the driver (`sudo modprobe -r amdgpu && sudo modprobe amdgpu`) or reboot, then preview again",
    ]);
    expect(warned("SPX/NPS1", { driverModule })).toEqual([
      "a memory mode was requested and is not loaded yet; the next load or reload of the driver applies it",
    ]);
  });

  test("is replaced by the memory mode of a change, which says so", () => {
    expect(against("CPX/NPS4", { driverModule })).toEqual([]);
    expect(warned("CPX/NPS4", { driverModule })).toEqual([
      "a memory mode was requested earlier and is not loaded yet; this change replaces it",
    ]);
  });

  test("is no stranger's where the journal is our own", () => {
    const journal = {
      key: KEY,
      bootId: "b",
      before: {},
      desired: {},
      step: 0,
      steps: [],
      servicesStopped: [],
    };
    const observation = hostOf(eight("SPX/NPS1"), undefined, { driverModule, record: { journal } });
    expect(obstacles(observation, planned(observation, "CPX/NPS1"), KEY)).toEqual([]);
    expect(obstacles(observation, planned(observation, "CPX/NPS1"), "other/prod/b")).toHaveLength(1);
  });
});

describe("DRM devices", () => {
  const devices = Object.fromEntries(GPUS.map((gpu, number) => [gpu, number === 7 ? 7 : 8]));
  const drm = { state: "reached", devices, others: ["ast (card0)"] } as const;

  test("that a full kernel has not made stand against the mode that needs them, on that GPU", () => {
    const observation = hostOf(eight("SPX/NPS1"), undefined, { drm });
    const wanted = (gpus: Readonly<Record<number, string>>) =>
      obstacles(observation, plan({ observation, desired: desired(gpus), reason: "drift" }), KEY).map(
        ({ text }) => text,
      );
    expect(wanted({ 7: "CPX/NPS1" })).toEqual([
      `${GPUS[7]} needs 8 DRM devices in CPX/NPS1 and has 7: this kernel provides 64, of which the GPUs use 63, and ast (card0) uses the others; declare a mode with fewer devices for this GPU, keep the other driver from loading, or use Linux 6.12 or later`,
    ]);
    expect(wanted({ 0: "CPX/NPS1", 7: "QPX/NPS1" })).toEqual([]);
  });

  test("are no question where the kernel has room", () => {
    expect(
      against("CPX/NPS1", { drm: { ...drm, devices: { [GPUS[0] ?? ""]: 1 }, state: "unsaid" } }),
    ).toEqual([]);
  });
});
