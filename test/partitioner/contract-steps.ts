import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import { HostLockedError } from "../../provider/host-errors.ts";
import { StepFailedError } from "../../provider/partitioner/partitioner.ts";
import type { Step } from "../../provider/partitioner/plan/step.ts";
import { failureOf } from "../remote/connection-to.ts";
import { BEFORE, type Bench, setCompute } from "./host-under-test.ts";
import { GPUS, pair } from "./host.ts";

/** Looking, changing one thing, and keeping others out. */
export function describeSteps(bench: Bench): void {
  const { kind } = bench;
  const { compute } = kind;
  /** The memory mode to change to, where the GPU has one. */
  const otherMemory = [pair(kind.target).memory].filter((memory) => memory !== "NPS1");

  describe("an observation", () => {
    test("finds GPUs, modes and devices, and changes nothing", async () => {
      const first = await bench.partitioner.observe();
      expect(first.gpus.map((gpu) => [gpu.gpu, gpu.accelerator, gpu.modes])).toEqual(
        GPUS.slice(0, 2).map((gpu) => [gpu, kind.accelerator, pair("SPX/NPS1")]),
      );
      expect(first.devices.map((device) => device.id)).toEqual(GPUS.slice(0, 2));
      expect(await bench.partitioner.observe()).toEqual(first);
      expect(bench.host.record()).toBeUndefined();
    });

    test("sees what somebody else has changed", async () => {
      await bench.host.drift(1, compute);
      expect((await bench.partitioner.observe()).gpus[1]?.modes?.compute).toBe(compute);
    });
  });

  describe("a step", () => {
    test("sets the compute mode of the GPUs it names, and of no other", async () => {
      await bench.partitioner.apply(setCompute(compute, 1));
      expect(bench.host.modes()).toBe(`SPX/NPS1 ${compute}/NPS1`);
      await bench.partitioner.apply(setCompute(compute, 0, 1));
      expect(bench.host.modes()).toBe(`${compute}/NPS1 ${compute}/NPS1`);
    });

    test("that sets a mode which is there already is no error", async () => {
      await bench.partitioner.apply(setCompute("SPX", 0));
      expect(bench.host.modes()).toBe(BEFORE);
    });

    test("that the GPU cannot do fails with the step, and leaves the host as it is", async () => {
      const failure = await failureOf(
        bench.partitioner.apply(setCompute(kind.accelerator === "MI300X" ? "TPX" : "QPX", 0)),
      );
      expect(failure).toBeInstanceOf(StepFailedError);
      expect(failure).toMatchObject({ step: { action: "setComputeMode" } });
      expect(failure.message.startsWith(`${bench.partitioner.target}: `)).toBe(true);
      expect(bench.host.modes()).toBe(BEFORE);
    });

    test.each(otherMemory)("sets memory mode %s, which waits for the driver's reload", async (memory) => {
      const gpus = GPUS.slice(0, 2);
      await bench.partitioner.apply({ action: "setMemoryMode", memory, gpus });
      expect(bench.host.modes()).toBe(BEFORE);
      await bench.partitioner.apply({ action: "reloadDriver", gpus });
      expect(bench.host.modes()).toBe(`CPX/${memory} CPX/${memory}`);
    });

    test("that sets a memory mode the GPUs do not have fails", async () => {
      const step: Step = { action: "setMemoryMode", memory: "NPS8", gpus: GPUS.slice(0, 2) };
      expect(await failureOf(bench.partitioner.apply(step))).toBeInstanceOf(StepFailedError);
    });
  });

  describe("the lock", () => {
    test("lets one run change the host at a time", async () => {
      const events: string[] = [];
      const work = (name: string) => async (): Promise<void> => {
        events.push(`begin ${name}`);
        await sleep(60);
        events.push(`end ${name}`);
      };
      const other = await bench.host.open();
      await Promise.all([bench.partitioner.record.locked(work("a")), other.record.locked(work("b"))]);
      expect(events.map((event) => event.split(" ")[0])).toEqual(["begin", "end", "begin", "end"]);
    });

    test("is not waited for longer than said", async () => {
      const other = await bench.host.open(1000);
      await bench.partitioner.record.locked(async () => {
        expect(await failureOf(other.record.locked(async () => undefined))).toBeInstanceOf(HostLockedError);
      });
    });
  });
}
