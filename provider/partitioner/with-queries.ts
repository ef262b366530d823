import type { Partitioner } from "./partitioner.ts";
import {
  availablePartitions,
  currentLayout,
  partitionUtilization,
  validatePartitioning,
} from "./plan/queries.ts";

/** What the two partitioners differ in. */
export type Essentials = Pick<
  Partitioner,
  | "kind"
  | "target"
  | "unchangeable"
  | "record"
  | "observe"
  | "apply"
  | "isServiceActive"
  | "stopService"
  | "startService"
  | "installBootUnit"
  | "removeBootUnit"
> &
  /** @default itself: a host that makes nobody wait. */
  Partial<Pick<Partitioner, "within">>;

/** The rest of the interface, the same for both: each question observes the host once and answers from that. */
export function withQueries(essentials: Essentials): Partitioner {
  const partitioner: Partitioner = {
    within: () => partitioner,
    ...essentials,
    logicalDevices: async () => currentLayout(await essentials.observe()).devices,
    availablePartitions: async () => availablePartitions(await essentials.observe()),
    partitionUtilization: async () => partitionUtilization(await essentials.observe()),
    validatePartitioning: async (desired) => validatePartitioning(await essentials.observe(), desired),
  };
  return partitioner;
}
