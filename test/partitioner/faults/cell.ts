import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "vitest";

import { observeHost } from "../../../provider/detection/observe.ts";
import { reconcile, type ReconcileRequest } from "../../../provider/partitioner/change/reconcile.ts";
import { createSshPool } from "../../../provider/remote/pool.ts";
import { connectionSchema } from "../../../provider/schema/connection.ts";
import { isChange, type LoggedCommand } from "../../support/fake-node/command-log.ts";
import type { RocmVersion } from "../../support/fake-node/versions.ts";
import { type HardwareHost, hardwareHost } from "../hardware-host.ts";
import { requestFor } from "../host-under-test.ts";
import { runUntilKilled } from "./killed-provider.ts";
import { type Moment, type Phase, type Task, witnessed } from "./moments.ts";
import { expectDesired, expectSound, type Outcome, WANTED } from "./sound.ts";
import { type Fault, KILL, NOTHING, type Strike } from "./table.ts";

const RECORD = "/var/lib/pulumi-amd-gpu";

/** Takes long enough to be struck in its middle. */
const SLOW = { setSeconds: 0.15, loadSeconds: 0.15 };

export const faultyHost = (rocm: RocmVersion): Promise<HardwareHost> =>
  hardwareHost({
    rocm,
    user: "ops",
    services: [
      { name: "gpuagent", active: true, gpu: 0 },
      { name: "exporter", active: false },
    ],
    ...SLOW,
  });

/** Two modes and a service that holds a GPU: every kind of step. The CPX one proves needless, as the driver picks CPX. */
const request = (): ReconcileRequest =>
  requestFor(WANTED, { policy: { services: ["exporter", "gpuagent"] } });

/** As delivered, with the record on a file system of its own that can be filled. */
async function asDelivered(host: HardwareHost): Promise<void> {
  host.node.inside(`umount ${RECORD} 2>/dev/null || true`);
  host.node.setSudo("without-password");
  await host.reset();
  await host.node.holdGpus([{ name: "gpuagent", gpu: 0, service: "gpuagent" }]);
  host.node.inside(`mkdir -p ${RECORD}; mount -t tmpfs -o size=64k,mode=700 record ${RECORD}`);
}

/** Resolves when the host has begun with what it was just told. */
async function begun(host: HardwareHost, { task }: Moment): Promise<() => Promise<void>> {
  const { execs } = host.node.counts();
  const calls = host.node.commands().length;
  return async () => {
    const started = startedBy(host, task, { calls, execs });
    const until = performance.now() + 5000;
    while (!started() && performance.now() < until) await sleep(5);
  };
}

/** A reload is in its middle when there is no driver, a tool when it has noted its call, a script when its session has begun. */
const startedBy =
  (host: HardwareHost, task: Task, before: { readonly calls: number; readonly execs: number }) =>
  (): boolean => {
    if (task === "reload") return host.node.state().driver === "unloaded";
    return task.startsWith("set") || task.endsWith("a service")
      ? host.node.commands().length > before.calls
      : host.node.counts().execs > before.execs;
  };

/** The change, struck once. */
async function struck(host: HardwareHost, fault: Fault, { moment, when }: Strike): Promise<Outcome> {
  let strikes = 0;
  let striking: Promise<void> = Promise.resolve();
  const witness = async (now: Moment, phase: Phase, kill: () => void): Promise<void> => {
    const here = now.task === moment.task && now.occurrence === moment.occurrence;
    if (!here || phase !== "before" || strikes > 0) return;
    strikes++;
    if (when === "before") return fault.strike(host, kill);
    const running = await begun(host, now);
    striking = running().then(() => fault.strike(host, kill));
  };
  const outcome = await (fault === KILL ? inProcess(host, witness) : here(host, fault, witness));
  await striking;
  expect(strikes, "the fault never struck").toBe(1);
  return outcome;
}

type KillingWitness = (moment: Moment, phase: Phase, kill: () => void) => Promise<void>;

async function here(host: HardwareHost, fault: Fault, witness: KillingWitness): Promise<Outcome> {
  const partitioner = await host.openWith(fault.limits ?? {}, (executor) =>
    witnessed(executor, (moment, phase) => witness(moment, phase, () => undefined)),
  );
  try {
    return { is: "done", done: await reconcile(partitioner, request()) };
  } catch (error) {
    return { is: "failed", failure: error as Error };
  }
}

async function inProcess(host: HardwareHost, witness: KillingWitness): Promise<Outcome> {
  const pool = createSshPool();
  const { connection } = host.node;
  const seen = await observeHost(pool.executor(connectionSchema.parse(connection)), 30_000);
  await pool.closeAll();
  const limits = { observe: 30_000, set: 30_000, reload: 30_000, lock: 10_000 };
  expect(await runUntilKilled({ connection, seen, request: request(), limits }, witness)).toBe("killed");
  return { is: "killed" };
}

/**
 * One cell of the table: the fault, the invariant, and that the next run ends as desired.
 *
 * @returns what the run after that has asked the host to change
 */
export async function runCell(
  host: HardwareHost,
  fault: Fault,
  strike: Strike,
): Promise<readonly LoggedCommand[]> {
  await asDelivered(host);
  const outcome = await struck(host, fault, strike);
  expectSound(host, fault, outcome);
  await fault.heal?.(host);
  await reconcile(await host.open(), request());
  expectDesired(host, fault);
  host.node.clearCommands();
  const { plan } = await reconcile(await host.open(), request());
  expect(plan.steps).toEqual([]);
  return host.node.commands().filter(isChange);
}

/** Every command of a change that nothing disturbs. */
export async function undisturbed(host: HardwareHost): Promise<readonly Moment[]> {
  await asDelivered(host);
  const moments: Moment[] = [];
  const partitioner = await host.openWith({}, (executor) =>
    witnessed(executor, (moment, phase) => void (phase === "before" && moments.push(moment))),
  );
  await reconcile(partitioner, request());
  expectDesired(host, NOTHING);
  return moments;
}
