import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { HostObservation } from "../../provider/detection/observation.ts";
import { verify } from "../../provider/partitioner/change/verify.ts";
import type { DesiredModes } from "../../provider/partitioner/plan/desired.ts";
import { finalModes } from "../../provider/partitioner/plan/final-modes.ts";
import { observedModes } from "../../provider/partitioner/plan/host-modes.ts";
import { plan, type Plan } from "../../provider/partitioner/plan/plan.ts";
import { applyToState } from "../../provider/partitioner/simulated/simulated.ts";
import type { SimulatedHostState } from "../../provider/schema/simulated-host.ts";
import { change } from "./arbitraries.ts";
import { observe } from "./host.ts";

const planFor = (observation: HostObservation, desired: DesiredModes): Plan =>
  plan({ observation, desired, reason: "desired layout changed" });

const carriedOut = (host: SimulatedHostState, planned: Plan): SimulatedHostState =>
  planned.steps.reduce((state, step) => applyToState(state, step, "host"), host);

/** What is planned for each GPU, and what becomes of it. */
function outcomeByGpu(state: SimulatedHostState, desired: DesiredModes): ReadonlyMap<string, unknown> {
  const planned = planFor(observe(state), desired);
  const summaries = new Map(planned.gpus.map((one) => [one.gpu, one.summary]));
  return new Map(
    carriedOut(state, planned).gpus.map((gpu) => [gpu.gpu, { ...gpu, summary: summaries.get(gpu.gpu) }]),
  );
}

describe("a plan", () => {
  test("leads from where the host is to where it shall be, on a host with the kernel's rules", () => {
    fc.assert(
      fc.property(change(), ({ host, desired }) => {
        const before = observe(host);
        const after = observe(carriedOut(host, planFor(before, desired)));
        const modes = observedModes(after);
        for (const [gpu, pair] of desired) expect(modes.get(gpu)).toEqual(pair);
        expect(() => verify(after, finalModes(before, desired))).not.toThrow();
      }),
    );
  });

  test("is empty once it was carried out", () => {
    fc.assert(
      fc.property(change(), ({ host, desired }) => {
        const after = observe(carriedOut(host, planFor(observe(host), desired)));
        expect(planFor(after, desired)).toMatchObject({ gpus: [], steps: [], blastRadius: { gpus: [] } });
      }),
    );
  });

  test("leaves alone what nobody declared, as far as the memory mode lets it", () => {
    fc.assert(
      fc.property(change(), ({ host, desired }) => {
        const before = observe(host);
        const memory = [...desired.values()][0]?.memory;
        const modes = observedModes(observe(carriedOut(host, planFor(before, desired))));
        const undeclared = before.gpus.filter((gpu) => !desired.has(gpu.gpu));
        const keepable = undeclared.filter((gpu) =>
          gpu.permitted.some((one) => one.compute === gpu.modes?.compute && one.memory === memory),
        );
        expect(keepable.map((gpu) => modes.get(gpu.gpu)?.compute)).toEqual(
          keepable.map((gpu) => gpu.modes?.compute),
        );
        for (const gpu of undeclared) expect(modes.get(gpu.gpu)?.memory).toBe(memory);
      }),
    );
  });

  test("reloads the driver exactly when the memory mode changes, and sets it first", () => {
    fc.assert(
      fc.property(change(), ({ host, desired }) => {
        const planned = planFor(observe(host), desired);
        const memory = [...desired.values()][0]?.memory;
        const changes = host.gpus.some((gpu) => gpu.memory !== memory);
        const actions = planned.steps.map((step) => step.action);
        expect(actions.slice(0, 2)).toEqual(
          changes ? ["setMemoryMode", "reloadDriver"] : actions.slice(0, 2).map(() => "setComputeMode"),
        );
        expect(actions.slice(2).every((action) => action === "setComputeMode")).toBe(true);
        expect(planned.blastRadius.driverReload).toBe(changes);
        const hurt = changes ? host.gpus : planned.gpus;
        expect(planned.blastRadius.gpus).toEqual(hurt.map((gpu) => gpu.gpu));
      }),
    );
  });

  test("never sets the compute mode of a GPU that has it, while no reload takes it away", () => {
    fc.assert(
      fc.property(change(), ({ host, desired }) => {
        const planned = planFor(observe(host), desired);
        fc.pre(!planned.blastRadius.driverReload);
        const modes = new Map(host.gpus.map((gpu) => [gpu.gpu, gpu.compute]));
        const needless = planned.steps.flatMap((step) =>
          step.action === "setComputeMode" ? step.gpus.filter((gpu) => modes.get(gpu) === step.compute) : [],
        );
        expect(needless).toEqual([]);
      }),
    );
  });

  test("names each GPU in one compute step at most, and never one the host does not have", () => {
    fc.assert(
      fc.property(change(), ({ host, desired }) => {
        const planned = planFor(observe(host), desired);
        const named = planned.steps.flatMap((step) => (step.action === "setComputeMode" ? step.gpus : []));
        expect(new Set(named).size).toBe(named.length);
        const known = new Set(host.gpus.map((gpu) => gpu.gpu));
        expect(named.every((gpu) => known.has(gpu))).toBe(true);
      }),
    );
  });

  test("says the same of a GPU whatever order the host lists its GPUs in", () => {
    const inAnyOrder = change().chain(({ host, desired }) =>
      fc
        .shuffledSubarray([...host.gpus], { minLength: host.gpus.length })
        .map((gpus) => ({ host, desired, shuffled: { ...host, gpus } })),
    );
    fc.assert(
      fc.property(inAnyOrder, ({ host, desired, shuffled }) => {
        expect(outcomeByGpu(shuffled, desired)).toEqual(outcomeByGpu(host, desired));
      }),
    );
  });
});
