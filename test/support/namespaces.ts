import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

import { childrenOf, signalIfAlive } from "./process-tree.ts";

/** A process with mounts, process ids and a host name of its own. */
export interface Contained {
  /** The first process inside, as this process sees it; undefined before it has started. */
  pid(): number | undefined;
  hasEnded(): boolean;
  /** Kills everything inside. */
  stop(): Promise<void>;
}

const NAMESPACES = "--mount --propagation private --uts --pid --mount-proc --fork --kill-child".split(" ");

/**
 * Runs an sh script as root in new mount and PID namespaces; what it prints goes to a file. The end of the first process
 * is the end of all that it or its descendants have left behind, and signals on the death of a parent (this process →
 * unshare → the first process inside) make sure of it when a test run crashes.
 */
export function runContained(script: string, args: readonly string[], logPath: string): Contained {
  const log = openSync(logPath, "w");
  const outer = spawn(
    "setpriv",
    ["--pdeathsig", "KILL", "unshare", ...NAMESPACES, "sh", "-ec", script, "contained", ...args],
    { stdio: ["ignore", log, log] },
  );
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    outer.once("exit", () => resolve());
    outer.once("error", () => resolve());
  });
  const hasEnded = (): boolean =>
    outer.exitCode !== null || outer.signalCode !== null || outer.pid === undefined;
  const pid = (): number | undefined => (hasEnded() ? undefined : innerOf(outer));
  return {
    pid,
    hasEnded,
    stop: async () => {
      const inner = pid();
      // Killing only the outer one would do, too, but it would end before the ports inside are free.
      if (inner !== undefined) signalIfAlive(inner, "SIGKILL");
      else outer.kill("SIGKILL");
      await ended;
    },
  };
}

const innerOf = (outer: ChildProcess): number | undefined =>
  outer.pid === undefined ? undefined : childrenOf(outer.pid)[0];

/** Runs a script as root with mounts of its own, which are gone when it ends. @returns what it prints */
export const runWithMounts = (shell: string, script: string, args: readonly string[]): string =>
  execFileSync("unshare", ["--mount", "--propagation", "private", shell, "-euc", script, "mounts", ...args], {
    encoding: "utf8",
  });
