import { executorFor } from "../../access/executor-for.ts";
import type { OpenHost } from "../../access/host.ts";
import { partitionerWithoutDriver } from "../../access/open-real-host.ts";
import { milliseconds } from "../../access/timeouts.ts";
import { ensureDriverLoaded } from "../../partitioner/change/ensure-driver-loaded.ts";
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
  const { timeouts, amdSmiPath } = access;
  const place = { executor: await executorFor(access), timeouts: milliseconds(timeouts), amdSmiPath };
  const found = partitionerWithoutDriver(host, place, identity.key);
  if (!found) return host;
  const partitioner = partitionerAs(identity, found.within(operation.bound));
  const observation = await partitioner.record.locked(() =>
    ensureDriverLoaded(partitioner, identity.key, progress, operation.bound),
  );
  return viewOf(identity, await operation.hosts.reopen(access, observation));
}
