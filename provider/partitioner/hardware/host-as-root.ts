import type { Command, CommandResult } from "../../remote/executor.ts";

/** Commands with the right to change modes. */
export interface HostAsRoot {
  /** For messages. */
  readonly target: string;
  run(command: Command, timeoutMs: number): Promise<CommandResult>;
}
