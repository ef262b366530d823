import type { OpenHost } from "../../access/host.ts";
import type { Partitioner } from "../../partitioner/partitioner.ts";
import type { DesiredModes } from "../../partitioner/plan/desired.ts";
import type { PlanReason } from "../../partitioner/plan/plan.ts";
import { type PartitionArgs, partitionArgsSchema } from "../../schema/partition.ts";
import { formatModes } from "../../topology/modes.ts";
import { type Properties, without } from "../../wire/handler.ts";
import { COMPUTED_KEYS } from "../../wire/partition-outputs.ts";
import { sameValue } from "../../wire/unknowns.ts";
import { OperationError } from "../operation-error.ts";
import { INTERNAL_KEYS } from "../state/partition-state.ts";
import { partitionMessages } from "./messages.ts";

export const accessName = (args: PartitionArgs): string =>
  args.connection ? `host ${args.connection.host}` : "this machine";

/** @param layout what state says; undefined for a new resource. */
export function reasonOf(
  layout: Readonly<Record<string, string>> | undefined,
  desired: DesiredModes,
): PlanReason {
  if (layout === undefined) return "not yet created";
  const wanted = Object.fromEntries([...desired].map(([gpu, pair]) => [gpu, formatModes(pair)]));
  return sameValue(layout, wanted) ? "drift" : "desired layout changed";
}

export const parseArgs = (properties: Properties): PartitionArgs =>
  partitionArgsSchema.parse({
    ...without(properties, [...COMPUTED_KEYS, ...INTERNAL_KEYS]),
    identity: properties["identity"],
  });

export function partitionerOf(host: OpenHost, args: PartitionArgs): Partitioner {
  if (host.partitioner) return host.partitioner;
  const { reason } = host.capability;
  throw new OperationError(partitionMessages["cannot-be-partitioned"]({ host: accessName(args), reason }));
}
