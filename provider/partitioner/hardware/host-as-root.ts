import type { Command, CommandResult } from "../../remote/executor.ts";

/** Commands with the right to change modes. */
export interface HostAsRoot {
  /** For messages. */
  readonly target: string;
  /** Path of amd-smi: the one that observes is the one that changes. */
  readonly amdSmi: string;
  run(command: Command, timeoutMs: number): Promise<CommandResult>;
}
