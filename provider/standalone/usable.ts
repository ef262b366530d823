import type { Capability } from "../detection/capability.ts";
import { HostUnusableError } from "../host-errors.ts";
import type { Partitioner } from "../partitioner/partitioner.ts";

/** An open host, as `openHost` of this package or `access/` gives it: the public type of its partitioner shows the questions only. */
export interface UsableHost {
  readonly capability: Capability;
  readonly partitioner: Pick<Partitioner, "target"> | undefined;
}

/** @throws HostUnusableError */
export function partitionerOf({ partitioner, capability }: UsableHost): Partitioner {
  if (!partitioner) throw new HostUnusableError(capability.reason);
  return partitioner as Partitioner;
}
