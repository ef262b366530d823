import type { ExitCodes } from "../amd-smi/generation.ts";
import type { Command, CommandResult } from "../remote/executor.ts";

/** Commands with the right to change modes. */
export interface HostAsRoot {
  /** For messages. */
  readonly target: string;
  /** Path of amd-smi: the one that observes is the one that changes. */
  readonly amdSmi: string;
  /** What an exit status of that amd-smi means. */
  readonly exitCodes: ExitCodes;
  run(command: Command, timeoutMs: number): Promise<CommandResult>;
}
