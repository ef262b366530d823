import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";

import { findPackageRoot } from "../engine/places.ts";
import { run } from "./run.ts";

/** What the numbers were measured on: without it they say nothing. */
export async function describeMachine(
  engineVersion: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const processors = cpus();
  const cwd = findPackageRoot();
  const ssh = await run(["ssh", "-V"], { env: process.env, cwd, signal });
  const sdk = JSON.parse(readFileSync(`${cwd}/node_modules/@pulumi/pulumi/package.json`, "utf8")) as {
    readonly version: string;
  };
  const load = loadavg().map((value) => value.toFixed(1));
  return [
    `machine: ${processors.length} x ${processors[0]?.model.trim() ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`,
    `versions: Node ${process.version.slice(1)}, Pulumi engine ${engineVersion}, @pulumi/pulumi ${sdk.version}, ${ssh.stderr.trim()}`,
    `load of the machine before the start (1, 5, 15 minutes): ${load.join(", ")}`,
  ];
}
