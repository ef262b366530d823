import { withDriver } from "../../partitioner/change/with-driver.ts";
import { hardwarePartitioner } from "../../partitioner/hardware/hardware.ts";
import type { OpenHost } from "../../partitioner/open-host.ts";
import { isWithoutDriver } from "../../partitioner/refuse/unfinished.ts";
import { milliseconds } from "../../partitioner/timeouts.ts";
import { executorFor } from "../../remote/executor-for.ts";
import type { HostAccessArgs } from "../../schema/allocation.ts";
import { hostOf, reopenHost } from "../operation.ts";

/**
 * The host, ready to be changed. One that a change of this very declaration has left without its driver cannot be partitioned as
 * it is, so that is loaded first.
 */
export async function drivenHost(
  access: HostAccessArgs,
  progress: (line: string) => void,
): Promise<OpenHost> {
  const host = await hostOf(access);
  const { key } = access.identity;
  const executor = executorFor(access);
  if (host.partitioner || !executor || !isWithoutDriver(host.observation, key)) return host;
  const partitioner = hardwarePartitioner(executor, host.observation, milliseconds(access.timeouts));
  return reopenHost(access, await partitioner.record.locked(() => withDriver(partitioner, key, progress)));
}
