import type { Command, Held } from "./executor.ts";
import { scriptOnStdin } from "./shell/shell-text.ts";

/** How commands on a host become root. */
export type Right = "root" | "sudo" | "none";

/** `sudo -n` never asks: where a password would be needed it fails at once. */
const SUDO = ["sudo", "-n"];

/** The same command as root. */
export function elevated(right: Right, command: Command): Command {
  if (right !== "sudo") return command;
  if ("argv" in command) return { ...command, argv: [...SUDO, ...command.argv] };
  const { script, args = [], name = "a script" } = command;
  return { argv: [...SUDO, "sh", "-s", "--", ...args], stdin: scriptOnStdin(script), name };
}

/** The same for a command that is held: its stdin is not free for a script, which becomes an argument. */
export function elevatedHold(right: Right, command: Held): Held {
  if (right !== "sudo") return command;
  if ("argv" in command) return { ...command, argv: [...SUDO, ...command.argv] };
  const { script, args = [], name = "a script" } = command;
  return { argv: [...SUDO, "sh", "-c", script, "sh", ...args], name };
}
