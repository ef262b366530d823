import { AmdGpuError } from "./errors.ts";

/** Arguments of a function cannot be used; nothing was done. A Pulumi program gets the same sentences as check failures. */
export class ArgumentError extends AmdGpuError {
  override readonly name = "ArgumentError";
  override readonly code = "argument";
  /** One sentence per mistake; each begins with the path of the field. */
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join("; "));
    this.problems = problems;
  }
}

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
