import { resolve } from "node:path";

import { executorFor } from "../access/executor-for.ts";
import type { HostRequest } from "../access/host.ts";
import { openHost } from "../access/open-host.ts";
import { milliseconds } from "../access/timeouts.ts";
import { ArgumentError } from "../argument-errors.ts";
import type { Capability } from "../detection/capability.ts";
import type { HostObservation } from "../detection/observation.ts";
import { fromRecord } from "../host-record/reservations.ts";
import type { Reconciled } from "../partitioner/change/request.ts";
import type { HostQueries } from "../partitioner/partitioner.ts";
import { changeableHost } from "../partitioner/plan/changeable.ts";
import { observedModes } from "../partitioner/plan/host-modes.ts";
import { currentLayout } from "../partitioner/plan/queries.ts";
import { unreservedUse } from "../partitioner/plan/unreserved-use.ts";
import type { ModelScheduler } from "../scheduler/model-scheduler.ts";
import { type DirectHostArgs, directHostSchema } from "../schema/direct.ts";
import { problemsOf } from "../schema/sentences.ts";
import type { LayoutDeclaration } from "./declaration.ts";
import type { HostPlan, PlanOptions } from "./plan.ts";
import type { ReconcileOptions } from "./reconcile.ts";

/** A host opened by a program without Pulumi. */
export interface DirectHost {
  /** Whether its modes can be changed or are simulated, and why. */
  readonly capability: Capability;
  /** undefined where no GPU of the host shows its modes. */
  readonly partitioner: HostQueries | undefined;
  /** What was observed when it was opened: the real host, or its simulation. */
  readonly observation: HostObservation;
  /** Sentences about the real host that a person should read. */
  readonly problems: readonly string[];
  /**
   * What `reconcile` would do: the plan, what it is refused for, and whom it would hurt. Observes the host once and changes nothing.
   *
   * @throws ArgumentError, HostUnusableError
   */
  plan(declaration: LayoutDeclaration, options?: PlanOptions): Promise<HostPlan>;
  /**
   * The safe change without Pulumi: lock, observe, refuse early, journal, change step by step, verify, roll back on failure.
   *
   * @throws ArgumentError, HostUnusableError, RefusedError, ChangeFailedError, GivenUpError, HostLockedError
   */
  reconcile(declaration: LayoutDeclaration, options: ReconcileOptions): Promise<Reconciled>;
  /** A scheduler on the devices that exist now, with what is reserved on them. It remembers; it writes nothing to the host. */
  scheduler(): Promise<ModelScheduler>;
  /** Ends the connection. */
  close(): Promise<void>;
}

/** File of a simulated host that no resource declares. */
export const SIMULATED_HOST = ".pulumi-amd-gpu/host.json";

/** @throws ArgumentError; the errors of `errors.ts` when the host does not answer. */
export async function openDirectHost(args: DirectHostArgs): Promise<DirectHost> {
  const parsed = directHostSchema.safeParse(args);
  if (!parsed.success)
    throw new ArgumentError(problemsOf(parsed.error, args).map((problem) => problem.message));
  const { simulation, mode, timeouts, amdSmiPath } = parsed.data;
  const executor = await executorFor(parsed.data);
  const request: HostRequest = {
    executor,
    mode,
    timeouts: milliseconds(timeouts),
    amdSmiPath,
    simulation: {
      path: resolve(simulation.stateFile ?? SIMULATED_HOST),
      hostId: "simulated-host",
      accelerator: simulation.accelerator,
      gpus: simulation.gpus,
    },
  };
  const host = await openHost(request);
  return {
    ...host,
    plan: async (declaration, options) => (await import("./plan.ts")).planHost(host, declaration, options),
    reconcile: async (declaration, options) =>
      (await import("./reconcile.ts")).reconcileHost(host, request, declaration, options),
    scheduler: async () => {
      const observation = host.partitioner ? await host.partitioner.observe() : host.observation;
      const { hostId, record } = observation;
      const { ModelScheduler: Scheduler } = await import("../scheduler/model-scheduler.ts");
      return new Scheduler([{ hostId, layout: currentLayout(observation) }], {
        reservations: record.reservations.map((one) => fromRecord(one, hostId)),
        unreservedUse: unreservedUse(observation),
        hosts: [changeableHost(observation, observedModes(observation))],
      });
    },
    close: async () => executor?.close(),
  };
}
