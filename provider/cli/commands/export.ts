import { HostUnusableError } from "../../host-errors.ts";
import { exportConfig } from "../../standalone/export-config.ts";
import type { Answer } from "../answer.ts";
import type { HostOptions } from "../host-options.ts";
import { jsonText } from "../json-text.ts";
import { withHost } from "../reach.ts";
import type { Terminal } from "../terminal.ts";

export interface ExportOptions extends HostOptions {
  readonly configManager?: true;
}

/** How the GPUs of a host are partitioned now, as a declaration or as a file of Device Config Manager. */
export const exportHost = (
  terminal: Terminal,
  host: string | undefined,
  options: ExportOptions,
): Promise<Answer> =>
  withHost(host, options, terminal, async ({ observation, capability }) => {
    const config = exportConfig({ observation });
    if (!config) throw new HostUnusableError(capability.reason);
    const wanted = options.configManager ? config.deviceConfigManager : config.declaration;
    return {
      lines: jsonText(wanted)
        .trimEnd()
        .split("\n")
        .map((line) => [line]),
      json: config,
      status: 0,
    };
  });
