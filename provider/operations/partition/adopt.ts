import type { HostRecord } from "../../host-record/record.ts";
import type { DesiredModes } from "../../partitioner/plan/desired.ts";
import { formatKeyOf010, parseKey } from "../../resource-key.ts";
import type { Identity } from "../../schema/partition.ts";
import type { PartitionState } from "../state/partition-state.ts";

/**
 * A resource that state does not know may stand on the host all the same: its create was cut off before the engine could note it.
 * Version 0.1.0 left the parents out of its key; the entry is this resource's if it declares the very same GPUs.
 */
export function adopted(
  record: HostRecord,
  identity: Identity,
  desired: DesiredModes,
  before: PartitionState,
): Identity {
  const former = formatKeyOf010(parseKey(identity.key));
  const owned = record.owners[former];
  if (before.identity || former === identity.key || !owned || record.owners[identity.key]) return identity;
  const same = owned.length === desired.size && owned.every((gpu) => desired.has(gpu));
  return same ? { ...identity, formerKeys: [...(identity.formerKeys ?? []), former] } : identity;
}

/** Former keys are forgotten when the record has no entry under them any more. */
export function settledIdentity({ owners, journal }: HostRecord, identity: Identity): Identity {
  const { formerKeys, ...own } = identity;
  if (formerKeys === undefined || owners[own.key] === undefined || journal !== undefined) return identity;
  const left = formerKeys.filter((former) => owners[former] !== undefined);
  return left.length > 0 ? { ...own, formerKeys: left } : own;
}
