import type { OpenHost } from "../access/host.ts";
import type { HostObservation } from "../detection/observation.ts";
import type { HostRecord } from "../host-record/record.ts";
import type { Partitioner } from "../partitioner/partitioner.ts";
import type { Identity } from "../schema/partition.ts";

/**
 * A host as one declaration sees it: entries of its record that stand under a former key of the declaration stand under its present
 * one, and do so on the host too once the record is written.
 */
export const viewOf = (identity: Identity, host: OpenHost): OpenHost =>
  identity.formerKeys === undefined
    ? host
    : {
        ...host,
        observation: observationAs(identity, host.observation),
        partitioner: host.partitioner && partitionerAs(identity, host.partitioner),
      };

const observationAs = (identity: Identity, observation: HostObservation): HostObservation => ({
  ...observation,
  record: recordAs(identity, observation.record),
});

export const partitionerAs = (identity: Identity, partitioner: Partitioner): Partitioner => ({
  ...partitioner,
  within: (bound) => partitionerAs(identity, partitioner.within(bound)),
  observe: async () => observationAs(identity, await partitioner.observe()),
  record: {
    ...partitioner.record,
    update: (change) => partitioner.record.update((record) => change(recordAs(identity, record))),
  },
});

/** Only owners and the journal: reservations stand under the keys of models. */
export function recordAs({ key, formerKeys = [] }: Identity, record: HostRecord): HostRecord {
  const former = formerKeys.find((one) => record.owners[one] !== undefined || record.journal?.key === one);
  if (former === undefined) return record;
  const { [former]: gpus, ...owners } = record.owners;
  const { journal } = record;
  return {
    ...record,
    owners: gpus && owners[key] === undefined ? { ...owners, [key]: gpus } : owners,
    ...(journal?.key === former && { journal: { ...journal, key } }),
  };
}
