import { executorFor } from "../../access/executor-for.ts";
import type { OpenHost } from "../../access/open-host.ts";
import { milliseconds } from "../../access/timeouts.ts";
import { withDriver } from "../../partitioner/change/with-driver.ts";
import { hardwarePartitioner } from "../../partitioner/hardware/hardware.ts";
import { isWithoutDriver } from "../../partitioner/refuse/unfinished.ts";
import type { HostAccessArgs } from "../../schema/allocation.ts";
import { partitionerAs, viewOf } from "../host-view.ts";
import type { Operation } from "../operation/operation.ts";

/**
 * The host as its declaration sees it, ready to be changed. One that a change of this very declaration has left without its driver
 * cannot be partitioned as it is, so that is loaded first.
 */
export async function readyHost(
  operation: Operation,
  access: HostAccessArgs,
  progress: (line: string) => void,
): Promise<OpenHost> {
  const { identity } = access;
  const host = viewOf(identity, await operation.hosts.open(access));
  const executor = executorFor(access);
  if (host.partitioner || !executor || !isWithoutDriver(host.observation, identity.key)) return host;
  const partitioner = partitionerAs(
    identity,
    hardwarePartitioner(executor, host.observation, milliseconds(access.timeouts), {
      amdSmiPath: access.amdSmiPath,
    }),
  );
  const observation = await partitioner.record.locked(() => withDriver(partitioner, identity.key, progress));
  return viewOf(identity, await operation.hosts.reopen(access, observation));
}
