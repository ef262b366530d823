import type { Command } from "./executor.ts";
import { invocationOf } from "./invocation.ts";

/** How commands on a host become root. */
export type Right = "root" | "sudo" | "none";

/** The same command as root. `sudo -n` never asks: where a password would be needed it fails at once. */
export function elevated(right: Right, command: Command): Command {
  if (right !== "sudo") return command;
  const { argv, stdin } = invocationOf(command);
  return { argv: ["sudo", "-n", ...argv], stdin };
}
