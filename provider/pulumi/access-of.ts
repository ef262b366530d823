import type { HostAccessArgs } from "../schema/allocation.ts";
import type { PartitionArgs } from "../schema/partition.ts";

/** The part of a GpuPartitionConfig's arguments that says which host it is and how to reach it. */
export const accessOf = ({
  connection,
  local,
  simulation,
  mode,
  timeouts,
  identity,
}: PartitionArgs): HostAccessArgs => ({
  connection,
  local,
  simulation,
  mode,
  timeouts,
  identity,
});
