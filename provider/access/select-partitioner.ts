import { type Capability, capabilityOf, type PartitioningMode } from "../detection/capability.ts";
import { type HostObservation, partitionableGpus } from "../detection/observation.ts";
import { hardwarePartitioner, type HardwareTimeouts } from "../partitioner/hardware/hardware.ts";
import type { Partitioner } from "../partitioner/partitioner.ts";
import { type SimulatedHostOptions, simulatedPartitioner } from "../partitioner/simulated/simulated.ts";
import type { Executor } from "../remote/executor.ts";

export interface Selection {
  readonly capability: Capability;
  /** undefined where there is nothing to describe: no GPU shows its modes. With NONE it can be asked, and changes nothing. */
  readonly partitioner: Partitioner | undefined;
}

export interface SelectRequest {
  readonly mode: PartitioningMode;
  /** A host and its observation; undefined: there is no host, only the simulation. */
  readonly host?: {
    readonly executor: Executor;
    readonly observation: HostObservation;
    readonly timeouts: HardwareTimeouts;
    readonly amdSmiPath?: string | undefined;
  };
  /** What to simulate where simulation is the answer. */
  readonly simulation: SimulatedHostOptions;
}

/** Hardware where it can be described, simulation where there is none and the user allows it, and the reason. */
export function selectPartitioner(request: SelectRequest): Selection {
  const { host, mode, simulation } = request;
  const capability = capabilityOf(host?.observation, mode);
  switch (capability.level) {
    case "REAL_PARTITIONING":
      return {
        capability,
        partitioner:
          host && hardwarePartitioner(host.executor, host.observation, host.timeouts, optionsOf(host)),
      };
    case "SIMULATION":
      return { capability, partitioner: simulatedPartitioner(simulation) };
    case "NONE":
      return {
        capability,
        partitioner:
          host && partitionableGpus(host.observation).length > 0
            ? hardwarePartitioner(host.executor, host.observation, host.timeouts, {
                ...optionsOf(host),
                unchangeable: capability.reason,
              })
            : undefined,
      };
  }
}

const optionsOf = ({ amdSmiPath }: NonNullable<SelectRequest["host"]>) => ({ amdSmiPath });
