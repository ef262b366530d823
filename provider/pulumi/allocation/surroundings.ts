import { bytes } from "../../bytes.ts";
import { changeableHost } from "../../partitioner/plan/changeable.ts";
import { foreignUse } from "../../partitioner/plan/foreign-use.ts";
import type { ChangeableHost } from "../../scheduler/alternatives.ts";
import type { ForeignUse } from "../../scheduler/foreign-use.ts";
import { type Pool, poolOf, type Reservation } from "../../scheduler/pool.ts";
import type { AllocationArgs } from "../../schema/allocation.ts";
import { parseLayout } from "../../topology/modes.ts";
import type { Properties } from "../handler.ts";
import { hostOf } from "../operation.ts";
import { reservationsOn, vanishes } from "./reservations.ts";

/** What a model can be placed on: the devices of all its configurations. */
export const poolUnder = ({ gpus }: AllocationArgs): Pool =>
  poolOf(
    gpus.map(({ hostId, partitions, memoryDomains }) => ({
      hostId,
      layout: { devices: partitions, domains: memoryDomains },
    })),
  );

/** What else there is on the hosts of a model. */
export interface Surroundings {
  readonly reservations: readonly Reservation[];
  /** For advice: their GPUs in the modes that are planned. */
  readonly hosts: readonly ChangeableHost[];
  readonly foreignUse: readonly ForeignUse[];
}

export async function surroundingsOf(args: AllocationArgs): Promise<Surroundings> {
  const looks = await Promise.all(
    args.hosts.map(async (access, number) => {
      const { observation } = await hostOf(access);
      return {
        reservations: reservationsOn(observation, access.identity.key),
        host: changeableHost(observation, parseLayout(args.gpus[number]?.layout ?? {})),
        // A GPU that changes has no processes when that is done.
        foreign: foreignUse(observation).filter(
          (use) => !vanishes({ deviceIds: [use.deviceId] }, access.identity.key),
        ),
      };
    }),
  );
  // Every host once, however many configurations it has.
  const all = looks.flatMap((look) => look.reservations);
  return {
    reservations: [...new Map(all.map((one) => [`${one.hostId}\0${one.key}`, one])).values()],
    hosts: merged(looks.map((look) => look.host)),
    foreignUse: [
      ...new Map(looks.flatMap((look) => look.foreign).map((use) => [placeOf(use), use])).values(),
    ],
  };
}

const placeOf = (use: ForeignUse): string => `${use.hostId}\0${use.deviceId}`;

/** Several configurations of one host are one host. */
function merged(hosts: readonly ChangeableHost[]): readonly ChangeableHost[] {
  const gpus = new Map<string, ChangeableHost["gpus"]>();
  for (const host of hosts) gpus.set(host.hostId, [...(gpus.get(host.hostId) ?? []), ...host.gpus]);
  return [...gpus].map(([hostId, list]) => ({ hostId, gpus: list }));
}

/** What state says of this allocation's place, where the record does not: so that it stays. */
export function withOwn(
  reservations: readonly Reservation[],
  olds: Properties,
  args: AllocationArgs,
): readonly Reservation[] {
  const { key } = args.identity;
  const ids = olds["partitionIds"];
  if (!Array.isArray(ids) || ids.length === 0 || reservations.some((one) => one.key === key))
    return reservations;
  const perDevice = Number((olds["memory"] as { perDeviceBytes?: unknown } | undefined)?.perDeviceBytes ?? 0);
  const own = {
    key,
    hostId: String(olds["hostId"]),
    deviceIds: ids as readonly string[],
    bytesPerDevice: bytes(perDevice),
  };
  return args.hosts.some((access) => vanishes(own, access.identity.key))
    ? reservations
    : [...reservations, own];
}
