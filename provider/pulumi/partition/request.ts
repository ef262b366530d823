import type { OpenHost } from "../../partitioner/open-host.ts";
import type { Partitioner } from "../../partitioner/partitioner.ts";
import type { DesiredModes } from "../../partitioner/plan/desired.ts";
import type { PlanReason } from "../../partitioner/plan/plan.ts";
import type { ChangePolicy } from "../../partitioner/refuse/refuse.ts";
import { type PartitionArgs, partitionArgsSchema } from "../../schema/partition.ts";
import { formatModes } from "../../topology/modes.ts";
import { type Properties, without } from "../handler.ts";
import { isReplacing } from "../operation.ts";
import { sameValue } from "../unknowns.ts";
import { COMPUTED_KEYS } from "./keys.ts";

/** What the checked inputs of a GpuPartitionConfig say, in the words of the partitioner. */

export const identityKey = (news: Properties): string =>
  (news["identity"] as { key?: string } | undefined)?.key ?? "";

export const accessName = (args: PartitionArgs): string =>
  args.connection ? `host ${args.connection.host}` : "this machine";

export function reasonOf(key: string, olds: Properties, desired: DesiredModes): PlanReason {
  // The second check of a replacement is given no old inputs.
  if (olds["layout"] === undefined) return isReplacing(key) ? "desired layout changed" : "not yet created";
  const layout = Object.fromEntries([...desired].map(([gpu, pair]) => [gpu, formatModes(pair)]));
  return sameValue(olds["layout"], layout) ? "drift" : "desired layout changed";
}

export const policyOf = (args: PartitionArgs): ChangePolicy => ({
  driverReload: args.driverReload,
  ownKey: args.identity.key,
  ownPrefix: `${args.identity.key.split("/").slice(0, 2).join("/")}/`,
  inUse: args.inUse,
  inUseMs: args.timeouts.inUse * 1000,
  services: args.gpuClientSystemdServices.names,
});

export const parseArgs = (properties: Properties): PartitionArgs =>
  partitionArgsSchema.parse(without(properties, [...COMPUTED_KEYS, "__provider"]));

export function partitionerOf(host: OpenHost, args: PartitionArgs): Partitioner {
  if (!host.partitioner)
    throw new Error(`${accessName(args)} cannot be partitioned: ${host.capability.reason}`);
  return host.partitioner;
}
