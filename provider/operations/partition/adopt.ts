import type { HostRecord } from "../../host-record/record.ts";
import type { DesiredModes } from "../../partitioner/plan/desired.ts";
import { formatKey, formatKeyOf010, keyOfUrn, parseKey } from "../../resource-key.ts";
import type { Identity } from "../../schema/partition.ts";
import type { PartitionState } from "../state/partition-state.ts";

/**
 * An entry of the record is this resource's, although it stands under another key, if that is a key this resource may have had and
 * the entry has the very same GPUs.
 */
export function adopted(
  record: HostRecord,
  identity: Identity,
  desired: DesiredModes,
  before: PartitionState,
): Identity {
  const known = [identity.key, ...(identity.formerKeys ?? [])];
  if (record.owners[identity.key]) return identity;
  const former = otherKeys(identity, before).find((key) => {
    const owned = known.includes(key) ? undefined : record.owners[key];
    return owned?.length === desired.size && owned.every((gpu) => desired.has(gpu));
  });
  return former === undefined ? identity : { ...identity, formerKeys: [...known.slice(1), former] };
}

/**
 * Of a renamed resource, which keeps its key, the key of its new name: a replacement that was checked without state and then cut off
 * has written it. Of a resource that state does not know, because its create was cut off before the engine could note it, that of
 * version 0.1.0, which left the parents out.
 */
function otherKeys({ key, urn }: Identity, before: PartitionState): readonly string[] {
  const ofUrn = keyOfUrn(urn);
  return [...(ofUrn ? [formatKey(ofUrn)] : []), ...(before.identity ? [] : [formatKeyOf010(parseKey(key))])];
}

/** The check has found an entry of the record under a key which state does not know. */
export const adoptsEntry = (before: PartitionState, { identity }: PartitionState): boolean =>
  (identity?.formerKeys ?? []).some((key) => !(before.identity?.formerKeys ?? []).includes(key));

/** Former keys are forgotten when the record has no entry under them any more. */
export function settledIdentity({ owners, journal }: HostRecord, identity: Identity): Identity {
  const { formerKeys, ...own } = identity;
  if (formerKeys === undefined || owners[own.key] === undefined || journal !== undefined) return identity;
  const left = formerKeys.filter((former) => owners[former] !== undefined);
  return left.length > 0 ? { ...own, formerKeys: left } : own;
}
