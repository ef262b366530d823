import type { Capability } from "../detection/capability.ts";
import type { DeviceNodes } from "../schema/allocation.ts";
import type { DeviceRun, DomainRun } from "../schema/device-runs.ts";
import type { Bdf } from "../topology/layout.ts";
import type { CompactPlan } from "./compact.ts";
import { UNKNOWN } from "./unknowns.ts";

/** What `check` computes and returns as inputs, so that preview shows it and dependants know it. */
export interface PartitionFields {
  readonly hostId: string;
  readonly capability: Capability;
  /** "MI300X"; several kinds on one host are joined by commas. */
  readonly accelerator: string;
  /** Only what the host says. */
  readonly versions: Readonly<Record<string, string>>;
  /** Modes of the declared GPUs that the plan starts from; after `refresh` found drift, the drifted ones. */
  readonly observed: Readonly<Record<Bdf, string>>;
  /** What is done, or was done last. */
  readonly plan: CompactPlan;
  /** Modes of the declared GPUs afterwards. */
  readonly layout: Readonly<Record<Bdf, string>>;
  /** Logical devices of the declared GPUs afterwards; `index` counts all devices of the host. */
  readonly partitions: readonly DeviceRun[];
  readonly memoryDomains: readonly DomainRun[];
}

/** Known only of a layout that is in place: preview of a change leaves them open. */
export interface SettledFields {
  readonly deviceNodes: DeviceNodes;
  readonly status: PartitionStatus;
}

export type PartitionStatus = "Success" | "Drifted";

/** What `check` and `create` compute: the outputs of a GpuPartitionConfig. In a file of their own, so that a program need not load the work. */
export const COMPUTED_KEYS = [
  "hostId",
  "capability",
  "accelerator",
  "versions",
  "observed",
  "plan",
  "layout",
  "partitions",
  "memoryDomains",
  "deviceNodes",
  "status",
  "atBoot",
] as const satisfies readonly (keyof PartitionFields | keyof SettledFields | "atBoot")[];

/** The outputs that have no value yet and will have one: `atBoot` exists only where it was asked for. */
export const openPartitionKeys = (
  computed: Readonly<Record<string, unknown>>,
  persist: unknown,
): readonly (typeof COMPUTED_KEYS)[number][] =>
  COMPUTED_KEYS.filter(
    (key) => computed[key] === undefined && (key !== "atBoot" || persist === true || persist === UNKNOWN),
  );
