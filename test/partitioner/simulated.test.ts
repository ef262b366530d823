import { describe, expect, test } from "vitest";

import { StepFailedError } from "../../provider/partitioner/partitioner.ts";
import type { Step } from "../../provider/partitioner/plan/step.ts";
import { applyToState } from "../../provider/partitioner/simulated/simulated.ts";
import type { SimulatedHostState } from "../../provider/schema/simulated-host.ts";
import { ACCELERATORS, includesPair } from "../../provider/topology/accelerators.ts";
import { formatModes } from "../../provider/topology/modes.ts";
import { GPUS, stateOf } from "./host.ts";

const apply = (state: SimulatedHostState, ...steps: readonly Step[]): SimulatedHostState =>
  steps.reduce((now, step) => applyToState(now, step, "host"), state);

const modes = (state: SimulatedHostState): string => state.gpus.map(formatModes).join(" ");

const RELOAD: Step = { action: "reloadDriver", gpus: GPUS };
const setMemory = (memory: "NPS1" | "NPS2" | "NPS4" | "NPS8"): Step => ({
  action: "setMemoryMode",
  memory,
  gpus: GPUS,
});
const setCompute = (compute: "SPX" | "DPX" | "TPX" | "CPX", ...numbers: readonly number[]): Step => ({
  action: "setComputeMode",
  compute,
  gpus: numbers.map((number) => GPUS[number] ?? ""),
});

describe("a simulated host", () => {
  test("changes the compute mode of the named GPUs at once, and of no other", () => {
    expect(modes(apply(stateOf(["SPX/NPS1", "SPX/NPS1", "SPX/NPS1"]), setCompute("CPX", 1)))).toBe(
      "SPX/NPS1 CPX/NPS1 SPX/NPS1",
    );
  });

  test("keeps a memory mode for the next load of the driver, which resets the compute modes", () => {
    const staged = apply(stateOf(["SPX/NPS1", "CPX/NPS1"]), setMemory("NPS4"));
    expect(modes(staged)).toBe("SPX/NPS1 CPX/NPS1");
    expect(modes(apply(staged, RELOAD))).toBe("CPX/NPS4 CPX/NPS4");
    expect(apply(staged, RELOAD).gpus.map((gpu) => gpu.stagedMemory)).toEqual([undefined, undefined]);
  });

  test("starts its driver in the mode that goes with the memory mode", () => {
    const host = stateOf(["QPX/NPS1"]);
    expect(modes(apply(host, RELOAD))).toBe("SPX/NPS1");
    expect(modes(apply(host, setMemory("NPS2"), RELOAD))).toBe("DPX/NPS2");
    expect(modes(apply(host, setMemory("NPS4"), RELOAD, setMemory("NPS1"), RELOAD))).toBe("SPX/NPS1");
  });

  test("refuses a compute mode that the memory mode forbids, and changes none of the GPUs named with it", () => {
    const host = stateOf(["SPX/NPS1", "SPX/NPS1"]);
    expect(() => apply(host, setCompute("TPX", 0, 1))).toThrow(StepFailedError);
    expect(() => apply(host, setMemory("NPS4"), RELOAD, setCompute("SPX", 1))).toThrow(
      "host: 0000:22:00.0 cannot be SPX/NPS4",
    );
  });

  test("refuses a memory mode that its GPUs do not have", () => {
    expect(() => apply(stateOf(["SPX/NPS1"]), setMemory("NPS8"))).toThrow(
      "host: MI300X does not support NPS8",
    );
    expect(() => apply(stateOf(["SPX/NPS1"], "MI300A"), setMemory("NPS4"))).toThrow(
      "host: MI300A does not support NPS4",
    );
  });

  test("of any kind starts in a mode it permits, after any memory mode it permits", () => {
    for (const { name, permitted } of ACCELERATORS) {
      for (const { memory } of permitted) {
        const [gpu] = apply(stateOf(["SPX/NPS1"], name), setMemory(memory), RELOAD).gpus;
        expect(gpu && includesPair(permitted, gpu)).toBe(true);
      }
    }
  });

  test("keeps fields that nobody knows, of the host and of each GPU", () => {
    const host = { ...stateOf(["SPX/NPS1"]), note: "rack 4" };
    const marked = { ...host, gpus: host.gpus.map((gpu) => ({ ...gpu, slot: 3 })) };
    const after = apply(marked, setMemory("NPS4"), RELOAD, setCompute("CPX", 0));
    expect(after).toMatchObject({ note: "rack 4", gpus: [{ slot: 3 }] });
  });
});
