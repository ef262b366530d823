import type { Answer } from "../answer.ts";
import { type HostOptions } from "../host-options.ts";
import { withHost } from "../reach.ts";
import type { Terminal } from "../terminal.ts";
import { capabilityLine } from "../text/capability.ts";

/** Whether the modes of a host can be changed, and why. */
export const detect = (terminal: Terminal, host: string | undefined, options: HostOptions): Promise<Answer> =>
  withHost(host, options, terminal, async ({ capability, problems }) => ({
    lines: [capabilityLine(capability), ...problems.map((problem) => [problem])],
    json: { capability, problems },
    status: capability.level === "NONE" ? 1 : 0,
  }));
