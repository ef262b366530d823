import { resolve } from "node:path";

import { executorFor } from "../access/executor-for.ts";
import { openHost, type OpenHost } from "../access/open-host.ts";
import { milliseconds } from "../access/timeouts.ts";
import { fromRecord } from "../host-record/reservations.ts";
import { changeableHost } from "../partitioner/plan/changeable.ts";
import { foreignUse } from "../partitioner/plan/foreign-use.ts";
import { observedModes } from "../partitioner/plan/host-modes.ts";
import { currentLayout } from "../partitioner/plan/queries.ts";
import { ModelScheduler } from "../scheduler/model-scheduler.ts";
import { type DirectHostArgs, directHostSchema } from "../schema/direct.ts";
import { problemsOf } from "../schema/sentences.ts";

/** A host opened by a program of one's own, without Pulumi. */
export interface DirectHost extends OpenHost {
  /** A scheduler on the devices that exist now, with what is reserved on them. It remembers; it writes nothing to the host. */
  scheduler(): Promise<ModelScheduler>;
  /** Ends the connection. */
  close(): Promise<void>;
}

/** @throws RangeError with one sentence per mistake in the arguments; the errors of `errors.ts` when the host does not answer. */
export async function openDirectHost(args: DirectHostArgs): Promise<DirectHost> {
  const parsed = directHostSchema.safeParse(args);
  if (!parsed.success)
    throw new RangeError(
      problemsOf(parsed.error, args)
        .map((problem) => problem.message)
        .join("; "),
    );
  const { simulation, mode, timeouts, amdSmiPath } = parsed.data;
  const executor = executorFor(parsed.data);
  const host = await openHost({
    executor,
    mode,
    timeouts: milliseconds(timeouts),
    amdSmiPath,
    simulation: {
      path: resolve(simulation.stateFile ?? ".pulumi-amd-gpu/host.json"),
      hostId: "simulated-host",
      accelerator: simulation.accelerator,
      gpus: simulation.gpus,
    },
  });
  return {
    ...host,
    scheduler: async () => {
      const observation = host.partitioner ? await host.partitioner.observe() : host.observation;
      const { hostId, record } = observation;
      return new ModelScheduler([{ hostId, layout: currentLayout(observation) }], {
        reservations: record.reservations.map((one) => fromRecord(one, hostId)),
        foreignUse: foreignUse(observation),
        hosts: [changeableHost(observation, observedModes(observation))],
      });
    },
    close: async () => executor?.close(),
  };
}
