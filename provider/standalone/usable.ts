import type { OpenHost } from "../access/open-host.ts";
import type { Partitioner } from "../partitioner/partitioner.ts";

export type UsableHost = Pick<OpenHost, "partitioner" | "capability">;

/** @throws RangeError when the host cannot be used. */
export function partitionerOf({ partitioner, capability }: UsableHost): Partitioner {
  if (!partitioner) throw new RangeError(`the host cannot be used: ${capability.reason}`);
  return partitioner;
}
