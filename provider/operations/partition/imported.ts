import type { PartitionState } from "../state/partition-state.ts";

/** The reason in the plan of a resource that was imported and has not been changed since. */
export const IMPORTED = "imported as it was found";

/** The host's record need not know of the resource until an update has something to do. */
export const isAsImported = ({ computed }: PartitionState): boolean => computed.plan?.reason === IMPORTED;
