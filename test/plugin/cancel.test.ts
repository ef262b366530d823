import { setTimeout as sleep } from "node:timers/promises";

import { expect, test } from "vitest";

import type { HostObservation } from "../../provider/detection/observation.ts";
import { StepFailedError } from "../../provider/partitioner/partitioner.ts";
import type { HostAccessArgs } from "../../provider/schema/allocation.ts";
import { createHost, type Host, startProcess } from "../histories/host.ts";
import type { PluginWorld } from "../support/plugin/client.ts";
import { operation, urnOf } from "../support/plugin/operation.ts";
import { leftBy } from "../support/plugin/values.ts";

const URN = urnOf("GpuPartitionConfig", "node1");
const DECLARED = { connection: { host: "gpu1" }, computePartition: "QPX", memoryPartition: "NPS4" };
const STEP_MS = 300;

interface Slow {
  readonly host: Host;
  readonly world: PluginWorld;
  /** Resolves when the first step has begun. */
  readonly begun: Promise<void>;
  /** Actions of the steps that came to their end. */
  readonly ended: string[];
}

/** A host that takes its time for each step. @param fails from which step on it refuses everything */
function slowHost(fails?: string): Slow {
  const host = createHost("gpu1", 2);
  const ended: string[] = [];
  let failing = false;
  let begin: (() => void) | undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const world: PluginWorld = (_config, real) => ({
    ...real,
    hosts: {
      observe: async () => host.observation(),
      open: async (_access: HostAccessArgs, known: HostObservation | undefined) => {
        const partitioner = host.open(startProcess());
        const slow = {
          ...partitioner,
          within: () => slow,
          apply: async (...given: Parameters<typeof partitioner.apply>) => {
            begin?.();
            await sleep(STEP_MS);
            const [{ action }] = given;
            failing ||= action === fails;
            if (failing) throw new StepFailedError("gpu1", given[0], "refused");
            await partitioner.apply(...given);
            ended.push(action);
          },
        };
        const observation = known ?? host.observation();
        return {
          capability: { level: "REAL_PARTITIONING", reason: "a test" } as const,
          partitioner: slow,
          observation,
          problems: [],
        };
      },
    },
  });
  return { host, world, begun, ended };
}

const SPX = ["SPX/NPS1", "SPX/NPS1"];

test("a cancel lets the step end, sets back what was done, and leaves nothing in state", async () => {
  const { host, world, begun, ended } = slowHost();
  await operation(
    async (plugin) => {
      const { inputs } = await plugin.check(URN, {}, DECLARED);
      const creating = plugin.create(URN, inputs);
      await begun;
      const cancelled = Date.now();
      await plugin.cancel();
      const error = await creating.catch((failure: unknown) => failure);
      expect(String(error)).toMatch(/the operation was cancelled/);
      expect(leftBy(error)).toBeUndefined();
      expect(Date.now() - cancelled).toBeLessThan(STEP_MS * 5);
    },
    {},
    world,
  );
  expect(ended[0]).toBe("setMemoryMode");
  expect(host.modes()).toEqual(SPX);
  expect(host.record()).not.toHaveProperty("journal");
});

test("a custom timeout ends a change before its next step", async () => {
  const { host, world } = slowHost();
  await operation(
    async (plugin) => {
      const { inputs } = await plugin.check(URN, {}, DECLARED);
      const error = await plugin.create(URN, inputs, { timeout: 0.1 }).catch((failure: unknown) => failure);
      expect(String(error)).toMatch(/the time limit for the change of gpu1 expired/);
      expect(leftBy(error)).toBeUndefined();
    },
    {},
    world,
  );
  expect(host.modes()).toEqual(SPX);
});

test("an update that nobody cancels is not hurried by a timeout that is long enough", async () => {
  const { host, world } = slowHost();
  await operation(
    async (plugin) => {
      const { inputs } = await plugin.check(URN, {}, DECLARED);
      await plugin.create(URN, inputs, { timeout: 60 });
    },
    {},
    world,
  );
  expect(host.modes()).toEqual(["QPX/NPS4", "QPX/NPS4"]);
});

/** A host that never answers. */
const silent: PluginWorld = (_config, real) => ({
  ...real,
  hosts: { ...real.hosts, observe: () => new Promise(() => undefined) },
});

test("a check that waits for a host is given up when the operation is cancelled", async () => {
  await operation(
    async (plugin) => {
      const checking = plugin.check(URN, {}, DECLARED).catch((failure: unknown) => failure);
      await plugin.cancel();
      expect(String(await checking)).toContain("the operation was cancelled");
    },
    {},
    silent,
  );
});

test("a change that cannot be set back leaves the resource in state, for the next run to finish", async () => {
  const { world } = slowHost("setComputeMode");
  await operation(
    async (plugin) => {
      const { inputs } = await plugin.check(URN, {}, DECLARED);
      const error = await plugin.create(URN, inputs).catch((failure: unknown) => failure);
      expect(leftBy(error)).toMatchObject({
        id: "gpu1/cluster/dev/node1",
        properties: { computePartition: "QPX", identity: { key: "cluster/dev/node1" } },
        reasons: [expect.stringContaining("refused")],
      });
    },
    {},
    world,
  );
});
