import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type CommandResult, runCommand } from "../engine/command.ts";
import type { Environment } from "../engine/places.ts";

export interface RunOptions {
  readonly env: Environment;
  readonly cwd: string;
  /** Kills the program and all it started. */
  readonly signal: AbortSignal;
}

/** What one run of a program took, in seconds. */
export interface Cost {
  readonly wall: number;
  /** Of all processors together, for the program and all it waited for. */
  readonly cpu: number;
}

/** Longer than anything here takes on a slow machine: a hang must end. */
const LIMIT_MS = 10 * 60_000;

/** Runs a program that must succeed: a failure would be quick, and look good in a table. */
export async function run(argv: readonly [string, ...string[]], options: RunOptions): Promise<CommandResult> {
  const result = await runCommand(argv, { ...options, timeoutMs: LIMIT_MS });
  if (result.code !== 0) {
    const how = result.ending === "exited" ? `ended with ${result.code}` : `was ${result.ending}`;
    throw new Error(`"${argv.join(" ")}" ${how}:\n${result.output}`);
  }
  return result;
}

/** Runs a program that must succeed, and says what it cost. The shell around it is there for its builtin `times`. */
export async function runTimed(argv: readonly string[], options: RunOptions): Promise<Cost> {
  const folder = await mkdtemp(join(tmpdir(), "bench-times-"));
  const times = join(folder, "times");
  const script = 'times=$1; shift; "$@"; code=$?; times >"$times"; exit "$code"';
  try {
    const start = performance.now();
    await run(["sh", "-c", script, "sh", times, ...argv], options);
    const wall = (performance.now() - start) / 1000;
    return { wall, cpu: parseTimes(await readFile(times, "utf8")) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Seconds in what `times` prints: the shell's own user and system time, then those of its children ("0m1.234000s"). */
function parseTimes(text: string): number {
  const values = [...text.matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, seconds]) => {
    return Number(minutes) * 60 + Number(seconds);
  });
  if (values.length !== 4) throw new Error(`"times" printed something else than four times: ${text}`);
  return values.slice(2).reduce((sum, value) => sum + value, 0);
}
