import { type CommandResult, runCommand } from "../../../tools/engine/command.ts";
import type { PulumiHome } from "./home.ts";

export interface CliOptions {
  /** A project folder. */
  readonly cwd: string;
  readonly home: PulumiHome;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Kills the command line and what it started with SIGKILL; the provider process has a group of its own and survives. */
  readonly signal?: AbortSignal;
  readonly onOutput?: (text: string) => void;
  /** @default 2 minutes */
  readonly timeoutMs?: number;
}

/** Runs `pulumi` with these arguments, without colours and questions. A non-zero exit code is a result. */
export const runCli = async (args: readonly string[], options: CliOptions): Promise<CommandResult> => {
  const { home, env, ...rest } = options;
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("PULUMI_"));
  return runCommand(["pulumi", ...args, "--non-interactive", "--color", "never"], {
    timeoutMs: 120_000,
    ...rest,
    env: { ...Object.fromEntries(inherited), ...home.env, ...env },
  });
};
