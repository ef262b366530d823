import type { OpenHost } from "./open-host.ts";
import type { Partitioner } from "./partitioner.ts";

export type UsableHost = Pick<OpenHost, "partitioner" | "capability">;

/** @throws RangeError when the host cannot be used. */
export function partitionerOf({ partitioner, capability }: UsableHost): Partitioner {
  if (!partitioner) throw new RangeError(`the host cannot be used: ${capability.reason}`);
  return partitioner;
}
