import { isDeepStrictEqual } from "node:util";

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { RefusedError, ChangeFailedError } from "../../provider/change-errors.ts";
import {
  type Reconciled,
  reconcile,
  type ReconcileRequest,
} from "../../provider/partitioner/change/reconcile.ts";
import type { DesiredModes } from "../../provider/partitioner/plan/desired.ts";
import { finalModes } from "../../provider/partitioner/plan/final-modes.ts";
import { observedModes } from "../../provider/partitioner/plan/host-modes.ts";
import type { SimulatedHostState } from "../../provider/schema/simulated-host.ts";
import { runs } from "../support/property-runs.ts";
import { change } from "./arbitraries.ts";
import { requestFor } from "./host-under-test.ts";
import { observe } from "./host.ts";
import { type MemoryHost, memoryHost, MISHAPS } from "./memory-host.ts";

const SERVICES = ["exporter", "gpuagent"];

const request = (desired: DesiredModes): ReconcileRequest => ({
  ...requestFor({}, { policy: { services: SERVICES } }),
  desired,
});

const modesOf = (host: MemoryHost): Readonly<Record<string, unknown>> =>
  Object.fromEntries(observedModes(observe(host.state())));

const fault = fc.record({ call: fc.integer({ min: 0, max: 24 }), mishap: fc.constantFrom(...MISHAPS) });

const run = (host: MemoryHost, desired: DesiredModes, at: Parameters<MemoryHost["open"]>[0]) =>
  reconcile(host.open(at), request(desired)).catch((error: unknown) => error as Error);

const isDone = (outcome: Reconciled | Error): outcome is Reconciled => "plan" in outcome;

interface Ends {
  readonly before: Readonly<Record<string, unknown>>;
  readonly wanted: Readonly<Record<string, unknown>>;
}

/** What is wrong with the host, or with what was said of it, after a run that may have failed. */
function unsound(host: MemoryHost, outcome: Reconciled | Error, { before, wanted }: Ends): readonly string[] {
  const { journal, owners } = host.record();
  const modes = modesOf(host);
  const isBefore = isDeepStrictEqual(modes, before);
  const isWanted = isDeepStrictEqual(modes, wanted);
  const undone =
    outcome instanceof RefusedError || (outcome instanceof ChangeFailedError && outcome.rolledBack);
  const forgotten = SERVICES.filter(
    (name) => !host.running().has(name) && !journal?.servicesStopped?.includes(name),
  );
  return [
    ...(journal || isBefore || isWanted ? [] : ["neither as before nor as desired, and no journal"]),
    ...forgotten.map((name) => `${name} stands still and nobody knows`),
    ...(isDone(outcome) && !isWanted ? ["said to be done"] : []),
    ...(undone && !isBefore ? ["said to be undone"] : []),
    ...(undone && Object.keys(owners).length > 0 ? ["undone, and still owned"] : []),
  ];
}

describe("a change of any host, in which any one call goes wrong", () => {
  test("leaves it as before, as desired, or with a journal, and its error claims no more", async () => {
    await fc.assert(
      fc.asyncProperty(change(), fault, async ({ host: start, desired }, at) => {
        const host = memoryHost(start, SERVICES);
        const before = modesOf(host);
        const wanted = Object.fromEntries(finalModes(observe(start), desired));
        expect(unsound(host, await run(host, desired, at), { before, wanted })).toEqual([]);
      }),
      { numRuns: runs(400) },
    );
  });

  test("is finished by the next run, and the one after that changes nothing", async () => {
    await fc.assert(
      fc.asyncProperty(change(), fault, async ({ host: start, desired }, at) => {
        const host = memoryHost(start, SERVICES);
        const wanted = Object.fromEntries(finalModes(observe(start), desired));
        await run(host, desired, at);
        const next = await run(host, desired, undefined);
        expect(isDone(next)).toBe(true);
        expect(modesOf(host)).toEqual(wanted);
        expect(host.running()).toEqual(new Set(SERVICES));
        expect(host.record()).not.toHaveProperty("journal");
        const applied = host.applied();
        expect(await run(host, desired, undefined)).toMatchObject({ plan: { steps: [] } });
        expect(host.applied()).toBe(applied);
      }),
      { numRuns: runs(400) },
    );
  });

  test("and another call in the next run, is still one of the three, and completed by the third run", async () => {
    await fc.assert(
      fc.asyncProperty(change(), fault, fault, async ({ host: start, desired }, first, second) => {
        const host = memoryHost(start, SERVICES);
        const before = modesOf(host);
        const wanted = Object.fromEntries(finalModes(observe(start), desired));
        await run(host, desired, first);
        expect(unsound(host, await run(host, desired, second), { before, wanted })).toEqual([]);
        expect(isDone(await run(host, desired, undefined))).toBe(true);
        expect(modesOf(host)).toEqual(wanted);
        expect(host.running()).toEqual(new Set(SERVICES));
      }),
      { numRuns: runs(400) },
    );
  });

  test("is restored to the modes from before the first run, whatever happened in between", async () => {
    await fc.assert(
      fc.asyncProperty(change(), fault, async ({ host: start, desired }, at) => {
        const host = memoryHost(start, SERVICES);
        const before = modesOf(host);
        await run(host, desired, at);
        await run(host, desired, undefined);
        expect(host.record().before).toEqual(before);
      }),
      { numRuns: runs(200) },
    );
  });
});

const cancelled = async (
  host: MemoryHost,
  desired: DesiredModes,
  at: { readonly call: number; readonly by: "signal" | "deadline" },
): Promise<Reconciled | Error> => {
  const controller = new AbortController();
  const bound = { signal: controller.signal, deadline: Number.POSITIVE_INFINITY };
  const watch = (call: number): void => {
    if (call !== at.call) return;
    if (at.by === "signal") controller.abort(new Error("the user pressed Ctrl-C"));
    else bound.deadline = performance.now();
  };
  return await reconcile(host.open(undefined, watch), { ...request(desired), bound }).catch(
    (error: unknown) => error as Error,
  );
};

describe("a change of any host that is cancelled at any call", () => {
  const moment = fc.record({
    call: fc.integer({ min: 0, max: 24 }),
    by: fc.constantFrom("signal" as const, "deadline" as const),
  });

  test("is done, or leaves the host, its services and its record as they were", async () => {
    await fc.assert(
      fc.asyncProperty(change(), moment, async ({ host: start, desired }, at) => {
        const host = memoryHost(start, SERVICES);
        const before = modesOf(host);
        const outcome = await cancelled(host, desired, at);
        expect(host.record()).not.toHaveProperty("journal");
        expect(host.running()).toEqual(new Set(SERVICES));
        const done = isDone(outcome);
        const cause = outcome instanceof ChangeFailedError ? outcome.cause : outcome;
        const said = done ? "done" : (cause as { readonly code?: string }).code;
        const wanted = Object.fromEntries(finalModes(observe(start), desired));
        expect({ said, modes: modesOf(host) }).toEqual(
          done ? { said: "done", modes: wanted } : { said: "given-up", modes: before },
        );
        expect(Object.keys(host.record().owners)).toHaveLength(done ? 1 : 0);
      }),
      { numRuns: runs(400) },
    );
  });

  test("begins nothing when it is cancelled before", async () => {
    await fc.assert(
      fc.asyncProperty(change(), async ({ host: start, desired }) => {
        const host = memoryHost(start, SERVICES);
        let calls = 0;
        const bound = { signal: AbortSignal.abort(new Error("too late")) };
        const opened = host.open(undefined, () => calls++);
        await expect(async () => reconcile(opened, { ...request(desired), bound })).rejects.toMatchObject({
          code: "given-up",
          message: "the change of host was cancelled: too late",
        });
        expect(calls).toBe(0);
      }),
      { numRuns: runs(20) },
    );
  });
});

test("the order in which a host lists its GPUs never decides which of them is changed", async () => {
  const inAnyOrder = change().chain(({ host, desired }) =>
    fc
      .shuffledSubarray([...host.gpus], { minLength: host.gpus.length })
      .map((gpus): { host: SimulatedHostState; shuffled: SimulatedHostState; desired: DesiredModes } => ({
        host,
        desired,
        shuffled: { ...host, gpus },
      })),
  );
  await fc.assert(
    fc.asyncProperty(inAnyOrder, async ({ host, shuffled, desired }) => {
      const [one, other] = [memoryHost(host, []), memoryHost(shuffled, [])];
      await run(one, desired, undefined);
      await run(other, desired, undefined);
      expect(modesOf(other)).toEqual(modesOf(one));
    }),
  );
});
