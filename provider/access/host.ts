import type { Capability, PartitioningMode } from "../detection/capability.ts";
import type { HostObservation } from "../detection/observation.ts";
import type { HardwareTimeouts } from "../partitioner/hardware/hardware.ts";
import type { Partitioner } from "../partitioner/partitioner.ts";
import type { SimulatedHostOptions } from "../partitioner/simulated/simulated.ts";
import type { Executor } from "../remote/executor.ts";

/** Which host is to be opened, and how. */
export interface HostRequest {
  /** undefined: there is no host, only the simulation. */
  readonly executor: Executor | undefined;
  readonly mode: PartitioningMode;
  readonly timeouts: HardwareTimeouts;
  /** Where amd-smi is. @default the first one found in the usual places and PATH */
  readonly amdSmiPath?: string | undefined;
  readonly simulation: SimulatedHostOptions;
  /** An observation made a moment ago, so that it need not be repeated. */
  readonly known?: HostObservation | undefined;
}

/** A host ready to be asked and changed. */
export interface OpenHost {
  readonly capability: Capability;
  /** undefined where no GPU of the host shows its modes. With the capability NONE it can be asked, and reserves; it changes nothing. */
  readonly partitioner: Partitioner | undefined;
  /** The observation that chose the partitioner: of the real host, or of its simulated stand-in. */
  readonly observation: HostObservation;
  /** Sentences about the real host that the user should see; empty for a simulation. */
  readonly problems: readonly string[];
}
