import { spawn } from "node:child_process";

import type { StoppedError } from "../engine/stop-on-signals.ts";
import type { Workspace } from "./workspace.ts";

/** A step ended with another exit code than 0; the command line has already printed why. */
export class StepFailedError extends Error {
  override readonly name = "StepFailedError";
  constructor(args: readonly string[], how: string) {
    super(`"pulumi ${args.join(" ")}" ${how}`);
  }
}

/** "pulumi preview --diff" as the user would type it, then what the command line itself prints. */
export type Pulumi = (...args: readonly string[]) => Promise<string>;

const withColors = process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "";

const highlight = (text: string): string => (withColors ? `\u001B[1m${text}\u001B[0m` : text);

interface PulumiOptions {
  readonly workspace: Workspace;
  readonly signal: AbortSignal;
  /** "capture" returns standard output instead of showing it. */
  readonly output: "show" | "capture";
}

/**
 * Runs the command line in the workspace. It stays in our process group, so that Ctrl-C in a terminal reaches it
 * directly and it can end in order; the signal is for everybody else.
 */
export const createPulumi =
  ({ workspace, signal, output }: PulumiOptions): Pulumi =>
  async (...args) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (output === "show") process.stdout.write(`\n${highlight(`$ pulumi ${args.join(" ")}`)}\n`);
      // Said outright, because the command line takes a closed standard input for "no terminal".
      const color = withColors && output === "show" ? "always" : "never";
      const child = spawn("pulumi", [...args, "--color", color], {
        cwd: workspace.folder,
        env: { ...workspace.env },
        stdio: ["ignore", output === "show" ? "inherit" : "pipe", "inherit"],
      });
      const interrupt = (): void => {
        if ((signal.reason as StoppedError).signalName !== "SIGINT") child.kill("SIGINT");
      };
      signal.addEventListener("abort", interrupt, { once: true });
      let captured = "";
      child.stdout?.setEncoding("utf8").on("data", (text: string) => {
        captured += text;
      });
      child.on("error", reject);
      child.on("close", (code, killedBy) => {
        signal.removeEventListener("abort", interrupt);
        if (signal.aborted)
          reject(new StepFailedError(args, `was ${(signal.reason as StoppedError).message}`));
        else if (code === 0) resolve(captured);
        else reject(new StepFailedError(args, killedBy ? `was killed by ${killedBy}` : `ended with ${code}`));
      });
    });
