import { AmdGpuError } from "../errors.ts";

/** A partition was named that the layout does not have, or that more than one host has. */
export class UnknownPartitionError extends AmdGpuError {
  override readonly name = "UnknownPartitionError";
  override readonly code = "unknown-partition";
  readonly partitionId: string;
  constructor(partitionId: string, reason: string) {
    super(`partition ${partitionId}: ${reason}`);
    this.partitionId = partitionId;
  }
}
