import { rm } from "node:fs/promises";

import { runCommand } from "./command.ts";
import { engineVersion } from "./pins.ts";
import type { Environment } from "./places.ts";

/** Pulumi's own installer script, which `PulumiCommand.install` downloads first. */
export const installerUrl = "https://get.pulumi.com/install.sh";

export interface OfficialOptions {
  readonly packageRoot: string;
  readonly env: Environment;
  /** Asked first, so that a machine without network learns so at once and with a reason. */
  readonly url: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

// Runs in a process of its own: the Automation API offers no way to stop an installation that hangs.
const install = `
  const { PulumiCommand } = require("@pulumi/pulumi/automation");
  const [root, version] = process.argv.slice(1);
  PulumiCommand.install({ root, version }).catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
`;

const whyUnreachable = async (url: string, signal: AbortSignal | undefined): Promise<string | undefined> => {
  const limit = AbortSignal.timeout(15_000);
  try {
    const answer = await fetch(url, {
      method: "HEAD",
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    });
    return answer.ok ? undefined : `it answers ${answer.status}`;
  } catch (error) {
    signal?.throwIfAborted();
    const { cause, message } = error as Error;
    return (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
  }
};

/** Downloads an engine into `folder`/bin the way Pulumi offers it. Returns why it did not, or undefined when it did. */
export const downloadEngine = async (
  folder: string,
  options: OfficialOptions,
): Promise<string | undefined> => {
  const { url, signal } = options;
  const unreachable = await whyUnreachable(url, signal);
  if (unreachable !== undefined) return `${new URL(url).host} cannot be reached: ${unreachable}`;
  await rm(`${folder}/bin`, { recursive: true, force: true });
  const result = await runCommand([process.execPath, "-e", install, folder, engineVersion], {
    cwd: options.packageRoot,
    env: options.env,
    timeoutMs: options.timeoutMs,
    signal,
  });
  signal?.throwIfAborted();
  if (result.ending === "timed out") return `it did not end within ${options.timeoutMs / 1000} s`;
  return result.code === 0 ? undefined : result.output.trim();
};
