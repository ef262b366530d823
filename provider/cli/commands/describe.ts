import { describeHost } from "../../standalone/describe.ts";
import type { Answer } from "../answer.ts";
import type { HostOptions } from "../host-options.ts";
import { withHost } from "../reach.ts";
import type { Terminal } from "../terminal.ts";
import { descriptionLines } from "../text/description.ts";
import { UsageError } from "../usage-error.ts";

export interface DescribeOptions extends HostOptions {
  readonly svg?: true;
  readonly json?: true;
}

/** What a host has: GPUs, modes, memory domains, devices, models, free memory, drift. */
export async function describe(
  terminal: Terminal,
  host: string | undefined,
  options: DescribeOptions,
): Promise<Answer> {
  if (options.svg && options.json)
    throw new UsageError("--svg and --json exclude each other; give one of them");
  return withHost(host, options, terminal, async (open) => {
    const description = describeHost(open);
    return {
      lines: descriptionLines(description),
      json: description,
      ...(options.svg && { document: (await import("../svg/description.ts")).descriptionSvg(description) }),
      status: description.gpus.length === 0 ? 1 : 0,
    };
  });
}
