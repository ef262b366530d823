import { readFileSync } from "node:fs";

import type { Home } from "./home.ts";
import { ARGUMENT_SEPARATOR } from "./scripts.ts";

/** One call of a tool on the host. */
export interface LoggedCommand {
  readonly tool: "amd-smi" | "modprobe" | "systemctl" | (string & {});
  readonly argv: readonly string[];
  readonly uid: number;
  /** To a hundredth of a second. */
  readonly time: Date;
}

/** Calls in the order in which they began. */
export function readCommands(home: Home): readonly LoggedCommand[] {
  const [uptime = "0"] = readFileSync("/proc/uptime", "utf8").split(" ");
  const boot = Date.now() - Number(uptime) * 1000;
  return readFileSync(home.commands, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [since = "", uid = "", tool = "", argv = ""] = line.split("\t");
      return {
        tool,
        argv: argv === "" ? [] : argv.split(ARGUMENT_SEPARATOR),
        uid: Number(uid),
        time: new Date(boot + Number(since) * 1000),
      };
    });
}

/** Whether a call asks for a change, whatever came of it. */
export const isChange = ({ tool, argv }: LoggedCommand): boolean => {
  if (tool === "amd-smi") return argv[0] === "set" || argv[0] === "reset";
  return tool === "systemctl" ? !argv[0]?.startsWith("is-") : tool !== "lsmod";
};
