import type { ContainerDevices } from "../../render/container.ts";
import type { HostedDevice } from "../../scheduler/occupancy/pool.ts";
import { type HostAccessArgs, hostAccessSchema } from "../../schema/allocation.ts";
import type { Identity } from "../../schema/partition.ts";
import { ALLOCATION_KEYS } from "../../wire/allocation-outputs.ts";
import type { AllocationMemory, FleetPlacement } from "../../wire/allocation-outputs.ts";
import { type Properties, without } from "../../wire/handler.ts";
import { UNKNOWN } from "../../wire/unknowns.ts";
import { readIdentity } from "../operation/keys.ts";

/** What `check` computes of an allocation. */
export interface Computed {
  readonly hostId: string;
  readonly partitionConfig: string;
  readonly partitionIds: readonly string[];
  readonly devices: readonly HostedDevice[];
  readonly env: Readonly<Record<string, string>>;
  readonly container: ContainerDevices;
  readonly engineArgs: readonly string[];
  readonly memory: AllocationMemory;
  readonly modelSource: unknown;
  readonly explanation: readonly string[];
  readonly fleetPlacement: FleetPlacement;
}

/** What the inputs or the outputs of a ModelAllocation hold, as any version wrote them. */
export interface AllocationState {
  readonly identity: Identity | undefined;
  /** What the user wrote, with defaults; values that are not known yet stand as `UNKNOWN`. */
  readonly declared: Properties;
  /** What is kept of the GpuPartitionConfigs, or `UNKNOWN`. */
  readonly gpus: unknown;
  /** Ways to the hosts, in the order of `gpus`; those that cannot be read are left out. Holds secrets. */
  readonly hosts: readonly HostAccessArgs[];
  /** What is not known yet is absent. */
  readonly computed: Partial<Computed>;
  readonly open: ReadonlySet<keyof Computed>;
  /**
   * How often a check found that the host's record lacks the reservation that state has, or has another one; undefined for never.
   * A new number is what makes the engine update a model about which nothing else is new, each time it happens.
   */
  readonly reservationRevision: number | undefined;
  readonly provider: unknown;
}

/** Inputs that are no part of what a user declares. */
export const INTERNAL_KEYS = [
  "gpus",
  "hosts",
  "identity",
  "fleet",
  "preview",
  "reservationRevision",
  "__provider",
];

export function readAllocationState(properties: Properties): AllocationState {
  const given = ALLOCATION_KEYS.filter((key) => properties[key] !== undefined && properties[key] !== null);
  const known = given.filter((key) => properties[key] !== UNKNOWN);
  const { hosts } = properties;
  return {
    identity: readIdentity(properties["identity"]),
    declared: without(properties, [...ALLOCATION_KEYS, ...INTERNAL_KEYS]),
    gpus: properties["gpus"],
    hosts: Array.isArray(hosts) ? hosts.flatMap((host) => hostAccessSchema.safeParse(host).data ?? []) : [],
    computed: Object.fromEntries(known.map((key) => [key, properties[key]])),
    open: new Set(given.filter((key) => properties[key] === UNKNOWN)),
    reservationRevision:
      typeof properties["reservationRevision"] === "number" ? properties["reservationRevision"] : undefined,
    provider: properties["__provider"],
  };
}
