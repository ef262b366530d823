import type { FailureClass } from "../amd-smi/outcome.ts";
import type { Bound } from "../bound.ts";
import type { HostObservation } from "../detection/observation.ts";
import { AmdGpuError } from "../errors.ts";
import type { HostRecordStore } from "../host-record/store.ts";
import type { Message } from "../message.ts";
import type { LogicalDevice } from "../topology/layout.ts";
import type { BootFiles } from "./boot-unit/boot-files.ts";
import type { DesiredPartitions } from "./plan/desired.ts";
import type { AvailablePartition, PartitioningVerdict, PartitionUtilization } from "./plan/queries.ts";
import type { Step } from "./plan/step.ts";

/** Is told what is being done, one line at a time; each line takes the place of the one before. */
export type Progress = (line: string) => void;

/** What can be asked of a host whose GPUs can be partitioned. Each question observes it once and changes nothing. */
export interface HostQueries {
  readonly kind: "hardware" | "simulated";
  /** For messages: "ops@gpu1.example", "simulated host node1". */
  readonly target: string;
  /** Why modes of this host cannot be changed: it can be asked, and reserved on. undefined: they can. */
  readonly unchangeable?: string;
  observe(): Promise<HostObservation>;
  /** The logical devices that exist now. */
  logicalDevices(): Promise<readonly LogicalDevice[]>;
  /** Logical devices with room, and how much. */
  availablePartitions(): Promise<readonly AvailablePartition[]>;
  /** What is reserved on every logical device, and by which models. */
  partitionUtilization(): Promise<readonly PartitionUtilization[]>;
  /** Whether this host can be set so: every problem at once, nothing touched. */
  validatePartitioning(desired: DesiredPartitions): Promise<PartitioningVerdict>;
}

/**
 * One host whose GPUs can be partitioned. The hardware one speaks to amd-smi, the simulated one to a file; `plan` and
 * `reconcile` know neither.
 */
export interface Partitioner extends HostQueries {
  readonly record: HostRecordStore;
  /**
   * The same host, whose waits end with `bound` too. A step, or a service, that is being changed is not broken off: half a step
   * is worse than a late end, and each has a limit of its own.
   */
  within(bound: Bound): Partitioner;
  /**
   * One change, without lock, journal and rollback. Returns when the host has taken it, which the caller proves by observing again.
   * Fails on an unchangeable host. @throws StepFailedError
   *
   * @param progress told how far a long one is. @default nobody is told
   */
  apply(step: Step, progress?: Progress): Promise<void>;
  /** Whether a systemd unit runs. */
  isServiceActive(name: string): Promise<boolean>;
  stopService(name: string): Promise<void>;
  startService(name: string): Promise<void>;
  /** From the next boot on the host sets these modes by itself. Nothing to do where there is no boot. */
  installBootUnit(files: BootFiles): Promise<void>;
  /** It does not any more. Removing what is not there is no failure. */
  removeBootUnit(name: string): Promise<void>;
}

export interface StepFailureOptions extends ErrorOptions {
  readonly failure?: FailureClass;
  readonly processes?: readonly Message[];
}

/** A step that the host refused or did not finish. The host may or may not have changed: observe it again. */
export class StepFailedError extends AmdGpuError {
  override readonly name = "StepFailedError";
  override readonly code = "step-failed";
  readonly target: string;
  readonly step: Step;
  readonly what: string;
  /** Why amd-smi refused; undefined where something else failed. */
  readonly failure: FailureClass | undefined;
  /** Of a step refused as busy: which processes use its GPUs. @default [] */
  readonly processes: readonly Message[];
  constructor(target: string, step: Step, what: string, options: StepFailureOptions = {}) {
    super(`${target}: ${what}`, options);
    this.target = target;
    this.step = step;
    this.what = what;
    this.failure = options.failure;
    this.processes = options.processes ?? [];
  }
}
