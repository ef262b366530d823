import { bytes } from "../../bytes.ts";
import { fromRecord } from "../../host-record/reservations.ts";
import { changeableHost } from "../../partitioner/plan/changeable.ts";
import { unreservedUse } from "../../partitioner/plan/unreserved-use.ts";
import type { ChangeableHost } from "../../scheduler/advice/layout-alternatives.ts";
import { type Pool, poolOf, type Reservation } from "../../scheduler/occupancy/pool.ts";
import type { UnreservedUse } from "../../scheduler/occupancy/unreserved-use.ts";
import type { AllocationArgs } from "../../schema/allocation.ts";
import { parseLayout } from "../../topology/modes.ts";
import type { Operation } from "../operation/operation.ts";
import type { AllocationState } from "../state/allocation-state.ts";
import { recordFor, reservationsOn, vanishes } from "./reservations.ts";

/** What a model can be placed on: the devices of all its configurations. */
export const poolUnder = ({ gpus }: AllocationArgs): Pool =>
  poolOf(
    gpus.map(({ hostId, partitions, memoryDomains }) => ({
      hostId,
      layout: { devices: partitions, domains: memoryDomains },
    })),
  );

/** What else there is on the hosts of a model. */
export interface HostContext {
  /** Of all models, this one included. */
  readonly reservations: readonly Reservation[];
  /** What the records of the hosts say of this model, in no matter which layout. */
  readonly recorded: readonly Reservation[];
  /** For advice: their GPUs in the modes that are planned. */
  readonly hosts: readonly ChangeableHost[];
  readonly unreservedUse: readonly UnreservedUse[];
}

export async function hostContext(operation: Operation, args: AllocationArgs): Promise<HostContext> {
  const found = await Promise.all(
    args.hosts.map(async (access, number) => {
      const { observation } = await operation.hosts.open(access);
      const seen = { ...observation, record: recordFor(args.identity, observation.record) };
      const { key } = access.identity;
      return {
        reservations: reservationsOn(operation, seen, key),
        recorded: seen.record.reservations
          .filter((one) => one.key === args.identity.key)
          .map((one) => fromRecord(one, seen.hostId)),
        host: changeableHost(observation, parseLayout(args.gpus[number]?.layout ?? {})),
        // A GPU that changes has no processes when that is done.
        foreign: unreservedUse(observation).filter(
          (use) => !vanishes(operation.declarations, { deviceIds: [use.deviceId] }, key),
        ),
      };
    }),
  );
  // Every host once, however many configurations it has.
  return {
    reservations: unique(
      found.flatMap((one) => one.reservations),
      (one) => `${one.hostId}\0${one.key}`,
    ),
    recorded: unique(
      found.flatMap((one) => one.recorded),
      (one) => one.hostId,
    ),
    hosts: merged(found.map((one) => one.host)),
    unreservedUse: unique(
      found.flatMap((one) => one.foreign),
      (use) => `${use.hostId}\0${use.deviceId}`,
    ),
  };
}

const unique = <T>(values: readonly T[], keyOf: (value: T) => string): readonly T[] => [
  ...new Map(values.map((value) => [keyOf(value), value])).values(),
];

/** Several configurations of one host are one host. */
function merged(hosts: readonly ChangeableHost[]): readonly ChangeableHost[] {
  const gpus = new Map<string, ChangeableHost["gpus"]>();
  for (const host of hosts) gpus.set(host.hostId, [...(gpus.get(host.hostId) ?? []), ...host.gpus]);
  return [...gpus].map(([hostId, list]) => ({ hostId, gpus: list }));
}

/** What state says of this allocation's place, where the record does not: so that it stays. */
export function withOwn(
  declarations: Operation["declarations"],
  reservations: readonly Reservation[],
  { computed: { hostId, partitionIds, memory } }: AllocationState,
  args: AllocationArgs,
): readonly Reservation[] {
  const { key } = args.identity;
  if (!hostId || !partitionIds?.length || reservations.some((one) => one.key === key)) return reservations;
  const own = { key, hostId, deviceIds: partitionIds, bytesPerDevice: bytes(memory?.perDeviceBytes ?? 0) };
  return args.hosts.some((access) => vanishes(declarations, own, access.identity.key))
    ? reservations
    : [...reservations, own];
}
