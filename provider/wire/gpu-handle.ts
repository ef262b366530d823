import type { DeviceNodes } from "../schema/allocation.ts";
import type { DeviceRun, DomainRun } from "../schema/device-runs.ts";
import type { Identity } from "../schema/partition.ts";

/**
 * What models need to know of partitioned GPUs, in any stack. It has no credentials and no address: who places models brings an own
 * way to the host.
 */
export interface GpuHandle {
  readonly hostId: string;
  /** Modes by PCI address: "CPX/NPS4". */
  readonly layout: Readonly<Record<string, string>>;
  /** Logical devices, those that are alike written once. */
  readonly partitions: readonly DeviceRun[];
  readonly memoryDomains: readonly DomainRun[];
  /** Absent while the layout is not in place. */
  readonly deviceNodes?: DeviceNodes;
  /** Under which name the host's record has these GPUs. */
  readonly identity: Identity;
}
