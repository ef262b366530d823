import { describeHost } from "../../standalone/describe.ts";
import type { Answer } from "../answer.ts";
import type { HostOptions } from "../host-options.ts";
import { withHost } from "../reach.ts";
import type { Terminal } from "../terminal.ts";
import { descriptionLines } from "../text/description.ts";

/** What a host has: GPUs, modes, memory domains, devices, models, free memory, drift. */
export const describe = (
  terminal: Terminal,
  host: string | undefined,
  options: HostOptions,
): Promise<Answer> =>
  withHost(host, options, terminal, async (open) => {
    const description = describeHost(open);
    return {
      lines: descriptionLines(description),
      json: description,
      status: description.gpus.length === 0 ? 1 : 0,
    };
  });
