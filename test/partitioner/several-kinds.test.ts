import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import type { HostObservation } from "../../provider/detection/observation.ts";
import { reconcile } from "../../provider/partitioner/change/reconcile.ts";
import type { Partitioner } from "../../provider/partitioner/partitioner.ts";
import { assignModes } from "../../provider/partitioner/plan/desired.ts";
import { plan } from "../../provider/partitioner/plan/plan.ts";
import { describeStep } from "../../provider/partitioner/plan/step.ts";
import { failureOf } from "../remote/connection-to.ts";
import { isChange } from "../support/fake-node/command-log.ts";
import { type HardwareHost, hardwareHost } from "./hardware-host.ts";
import { requestFor } from "./host-under-test.ts";
import { desired, eight, GPUS, hostOf } from "./host.ts";

const [FIRST = "", SECOND = "", THIRD = "", FOURTH = ""] = GPUS;

/** Four MI300X, of which those named are in no hive. */
const linked = (...alone: readonly number[]): HostObservation => {
  const observation = hostOf(eight("SPX/NPS1").slice(0, 4));
  const gpus = observation.gpus.map((gpu, number) => ({
    ...gpu,
    hive: alone.includes(number) ? "none" : "1311768467294899695",
  }));
  return { ...observation, gpus };
};

const steps = (observation: HostObservation, pairs: Readonly<Record<number, string>>) =>
  plan({ observation, desired: desired(pairs), reason: "drift" }).steps;

const groups = (first: readonly number[], second: readonly number[]) => ({
  groups: [
    { compute: "CPX", memory: "NPS4", gpus: first, path: "profiles[0]" },
    { compute: "SPX", memory: "NPS1", gpus: second, path: "profiles[1]" },
  ] as const,
  skipped: [],
});

describe("a memory mode", () => {
  test("is asked of one GPU of a hive, for all of it", () => {
    const all = [FIRST, SECOND, THIRD, FOURTH];
    expect(steps(linked(), { 2: "CPX/NPS4" })).toMatchObject([
      { action: "setMemoryMode", memory: "NPS4", gpus: all },
      { action: "reloadDriver", memory: "NPS4", gpus: all },
      { action: "setComputeMode", compute: "CPX" },
    ]);
    expect(steps(linked(), { 2: "CPX/NPS4" })[0]).not.toHaveProperty("named");
  });

  test("leaves a GPU of another hive as it is, whose compute mode the load takes and the change gives back", () => {
    const observation = linked(3);
    const gpus = observation.gpus.map((gpu) =>
      gpu.gpu === FOURTH ? { ...gpu, modes: { compute: "QPX", memory: "NPS1" } as const } : gpu,
    );
    const found = steps({ ...observation, gpus }, { 0: "CPX/NPS4", 1: "CPX/NPS4", 2: "CPX/NPS4" });
    expect(found).toMatchObject([
      { action: "setMemoryMode", memory: "NPS4", gpus: [FIRST, SECOND, THIRD], named: [FIRST] },
      { action: "reloadDriver", gpus: [FIRST, SECOND, THIRD, FOURTH], memoryOf: [FIRST, SECOND, THIRD] },
      { action: "setComputeMode", compute: "CPX", gpus: [FIRST, SECOND, THIRD] },
      { action: "setComputeMode", compute: "QPX", gpus: [FOURTH] },
    ]);
    expect(found.map(describeStep)[0]).toBe(
      "set memory mode NPS4 on 3 GPUs (staged until the driver reloads)",
    );
  });

  test("is asked of each GPU that is in no hive, and of each hive in its own mode", () => {
    expect(steps(linked(2, 3), { 0: "DPX/NPS2", 2: "CPX/NPS4", 3: "CPX/NPS4" }).slice(0, 3)).toMatchObject([
      { action: "setMemoryMode", memory: "NPS2", named: [FIRST] },
      { action: "setMemoryMode", memory: "NPS4", named: [THIRD, FOURTH] },
      { action: "reloadDriver" },
    ]);
  });

  test("differs between profiles only where their GPUs are not linked", () => {
    expect(assignModes(groups([0, 1, 2], [3]), linked(3))).toMatchObject({ ok: true });
    expect(assignModes(groups([0, 1], [2, 3]), linked(3))).toMatchObject({
      ok: false,
      problems: [{ path: "profiles[1].memoryPartition" }],
    });
    expect(assignModes(groups([0, 1, 2], [3]), linked())).toMatchObject({ ok: false });
  });
});

test("a mode that the first GPU of the host does not have is refused where amd-smi would not take its name", async () => {
  const host = await hardwareHost({ rocm: "10.2", gpus: 2, accelerator: ["MI350P", "MI300X"] });
  try {
    const partitioner = await host.open();
    const failure = await failureOf(reconcile(partitioner, requestFor({ 1: "QPX/NPS1" })));
    expect(failure).toMatchObject({
      name: "RefusedError",
      reasons: [{ code: "mode-unknown-to-amd-smi", data: { mode: "QPX", gpus: [SECOND], first: FIRST } }],
    });
    await reconcile(await host.open(), requestFor({ 1: "CPX/NPS1" }));
    expect(host.node.state().gpus.map((gpu) => gpu.compute)).toEqual(["SPX", "CPX"]);
  } finally {
    await host.stop();
  }
});

describe.each(["6.4.2", "7.2", "10.2"] as const)("a host of MI300X and MI350P with ROCm %s", (rocm) => {
  let host: HardwareHost;
  let partitioner: Partitioner;
  beforeAll(async () => {
    host = await hardwareHost({ rocm, gpus: 3, accelerator: ["MI300X", "MI300X", "MI350P"] });
  });
  beforeEach(async () => {
    await host.reset();
    partitioner = await host.open();
  });
  afterAll(() => host.stop());

  test("is described with the modes that each kind has, and without a contradiction", async () => {
    const observation = await partitioner.observe();
    expect(observation.problems).toEqual([]);
    expect(observation.gpus.map((gpu) => [gpu.accelerator, gpu.hive === "none"])).toEqual([
      ["MI300X", false],
      ["MI300X", false],
      ["MI350P", true],
    ]);
    expect(observation.gpus[2]?.devicesByMode).toEqual({ SPX: 1, DPX: 2, CPX: 4 });
  });

  test("takes a memory mode on the GPUs that have it, and each kind its own compute mode", async () => {
    await reconcile(partitioner, requestFor({ 0: "QPX/NPS4", 1: "CPX/NPS4", 2: "CPX/NPS1" }));
    const observation = await partitioner.observe();
    expect(observation.gpus.map((gpu) => `${gpu.modes?.compute}/${gpu.modes?.memory}`)).toEqual([
      "QPX/NPS4",
      "CPX/NPS4",
      "CPX/NPS1",
    ]);
    expect(observation.devices).toHaveLength(4 + 8 + 4);
    const memory = host.node.commands().filter((one) => isChange(one) && one.argv.includes("-M"));
    expect(memory.map((one) => one.argv.join(" "))).toEqual([`set -g ${FIRST} -M NPS4 --json`]);
    // Nothing is left to do.
    const again = await reconcile(
      await host.open(),
      requestFor({ 0: "QPX/NPS4", 1: "CPX/NPS4", 2: "CPX/NPS1" }),
    );
    expect(again.plan.steps).toEqual([]);
    await reconcile(await host.open(), requestFor({ 0: "SPX/NPS1", 1: "SPX/NPS1", 2: "SPX/NPS1" }));
    expect(host.modes()).toBe("SPX/NPS1 SPX/NPS1 SPX/NPS1");
  });

  test("is refused one pair for all, with the kind that does not have it", async () => {
    const verdict = await partitioner.validatePartitioning({
      groups: [{ compute: "CPX", memory: "NPS4", path: "computePartition" }],
      skipped: [],
    });
    expect(verdict).toMatchObject({
      valid: false,
      problems: [{ path: "computePartition", message: expect.stringContaining("MI350P does not offer") }],
    });
  });
});
