import { describe, expect, test } from "vitest";

import { RefusedError, ChangeFailedError } from "../../provider/change-errors.ts";
import { withReservation } from "../../provider/host-record/changes.ts";
import { reconcile } from "../../provider/partitioner/change/reconcile.ts";
import { StepFailedError } from "../../provider/partitioner/partitioner.ts";
import type { Plan } from "../../provider/partitioner/plan/plan.ts";
import { failureOf } from "../remote/connection-to.ts";
import { BEFORE, type Bench, requestFor } from "./host-under-test.ts";
import { declareAll, GPUS, pair } from "./host.ts";

/** The one flow over it, from lock to proof. */
export function describeChanges(bench: Bench): void {
  const { target, devices, compute, impossible } = bench.kind;
  const { memory } = pair(target);
  const otherMemory = [memory].filter((mode) => mode !== "NPS1");
  const both = declareAll(target, 2);
  const after = `${target} ${target}`;

  describe("a change", () => {
    test("leads to the declared modes, proves it, and notes the owner and what was before", async () => {
      const lines: string[] = [];
      const done = await reconcile(
        bench.partitioner,
        requestFor(both, { progress: (line) => lines.push(line) }),
      );
      expect(bench.host.modes()).toBe(after);
      expect(done.observation.devices).toHaveLength(2 * devices);
      expect(done.plan.gpus).toHaveLength(2);
      expect(lines.at(0)).toMatch(/^step 1 of \d: set /);
      expect(lines.at(-1)).toBe("verifying");
      expect(bench.host.record()).toMatchObject({
        owners: { "project/dev/node1": GPUS.slice(0, 2) },
        before: Object.fromEntries(GPUS.slice(0, 2).map((gpu) => [gpu, pair("SPX/NPS1")])),
      });
      expect(bench.host.record()).not.toHaveProperty("journal");
      expect(done.observation.record).toEqual(bench.host.record());
    });

    test("is none the second time, and forgets nothing of the first", async () => {
      await reconcile(bench.partitioner, requestFor(both));
      const lines: string[] = [];
      const again = await reconcile(
        await bench.host.open(),
        requestFor(both, { progress: (line) => lines.push(line) }),
      );
      expect(again.plan.steps).toEqual([]);
      expect(lines).toEqual([]);
      expect(bench.host.record()).toMatchObject({ before: { [GPUS[0] ?? ""]: pair("SPX/NPS1") } });
    });

    test("repairs what drifted, on the GPUs that drifted", async () => {
      await reconcile(bench.partitioner, requestFor(both));
      await bench.host.drift(1, memory === "NPS4" ? "QPX" : "SPX");
      const done = await reconcile(await bench.host.open(), requestFor(both, { reason: "drift" }));
      expect(done.plan.gpus.map((gpu) => gpu.gpu)).toEqual([GPUS[1]]);
      expect(done.plan.blastRadius).toMatchObject({ driverReload: false, gpus: [GPUS[1]] });
      expect(bench.host.modes()).toBe(after);
    });

    test("is the change that preview showed, or is refused", async () => {
      const previewed: Pick<Plan, "gpus"> = (await reconcile(bench.partitioner, requestFor(both))).plan;
      await bench.host.reset();
      await bench.host.drift(1, compute);
      const failure = await failureOf(reconcile(await bench.host.open(), requestFor(both, { previewed })));
      expect(failure).toBeInstanceOf(RefusedError);
      expect(failure.message).toBe(
        `no changes were made to ${bench.partitioner.target}: the host changed since the plan was computed (planned: ${GPUS[1]} SPX/NPS1 -> ${target}; needed now: ${GPUS[1]} ${compute}/NPS1 -> ${target}); preview again`,
      );
      expect(bench.host.modes()).toBe(`SPX/NPS1 ${compute}/NPS1`);
      expect(bench.host.record()).toBeUndefined();
    });

    test("of one GPU leaves the other alone, and notes the one it owns", async () => {
      await reconcile(bench.partitioner, requestFor({ 1: `${compute}/NPS1` }));
      expect(bench.host.modes()).toBe(`SPX/NPS1 ${compute}/NPS1`);
      expect(bench.host.record()?.owners).toEqual({ "project/dev/node1": [GPUS[1]] });
    });

    test("that somebody else's model stands in the way of does not begin", async () => {
      await bench.partitioner.record.update((record) =>
        withReservation(record, {
          key: "other/prod/llama",
          model: "llama",
          devices: [{ id: GPUS[0] ?? "", bytes: 1 }],
          exclusive: false,
        }),
      );
      const failure = await failureOf(reconcile(await bench.host.open(), requestFor(both)));
      expect(failure).toBeInstanceOf(RefusedError);
      expect(bench.host.modes()).toBe(BEFORE);
      expect(bench.host.record()).toMatchObject({ owners: {}, before: {} });
    });

    test.each(otherMemory)("that may not reload the driver does not begin when %s needs it", async () => {
      const policy = { driverReload: "refuse" } as const;
      const failure = await failureOf(reconcile(bench.partitioner, requestFor(both, { policy })));
      expect(failure).toBeInstanceOf(RefusedError);
      expect(bench.host.modes()).toBe(BEFORE);
      await reconcile(bench.partitioner, requestFor({ 0: `${compute}/NPS1`, 1: "SPX/NPS1" }, { policy }));
      expect(bench.host.modes()).toBe(`${compute}/NPS1 SPX/NPS1`);
    });

    test("to a pair that the GPU does not have is rolled back, and leaves neither journal nor owner", async () => {
      const failure = await failureOf(reconcile(bench.partitioner, requestFor(declareAll(impossible, 2))));
      expect(failure).toBeInstanceOf(ChangeFailedError);
      expect(failure).toMatchObject({ rolledBack: true, cause: expect.any(StepFailedError) });
      expect(failure.message).toMatch(
        /^changing .* failed: .*\. The host was rolled back to its previous modes\.$/,
      );
      expect(bench.host.modes()).toBe(BEFORE);
      expect(bench.host.record()).toMatchObject({ owners: {}, before: {} });
      expect(bench.host.record()).not.toHaveProperty("journal");
    });
  });
}
