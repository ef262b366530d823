import { createHash } from "node:crypto";
import { isAbsolute, resolve } from "node:path";

import { readSimulatedHost } from "../partitioner/simulated/simulated-file.ts";
import type { SimulatedHostOptions } from "../partitioner/simulated/simulated.ts";
import { keysOf, parseKey } from "../resource-key.ts";
import type { HostAccessArgs } from "../schema/allocation.ts";

const FOLDER = ".pulumi-amd-gpu";

/** Bytes; file systems take 255 for a name, and a lock and a temporary file are named after this one. */
const LONGEST_NAME = 180;

/** Any name as a part of a file name; names of letters, digits, dots, dashes and underscores stay as they are. */
function fileName(name: string): string {
  const encoded = encodeURIComponent(name).replaceAll("*", "%2A");
  if (encoded.length <= LONGEST_NAME) return encoded;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 16);
  return `${encoded.slice(0, LONGEST_NAME - digest.length - 1)}-${digest}`;
}

const inProgramFolder = (file: string): string => (isAbsolute(file) ? file : resolve(process.cwd(), file));

/** Where a simulated host lives, and what it is called until its file says otherwise. */
export async function simulatedPlace(access: HostAccessArgs): Promise<SimulatedHostOptions> {
  const { key } = access.identity;
  const { project, stack, parents, name } = parseKey(key);
  const called = fileName(parents === "" ? name : `${parents}::${name}`);
  return {
    path: await pathOf(access, `${FOLDER}/${stack}.${called}.json`),
    hostId: `simulated-${project}.${stack}.${called}`,
    accelerator: access.simulation?.accelerator ?? "MI300X",
    gpus: access.simulation?.gpus ?? 8,
  };
}

async function pathOf({ simulation, identity }: HostAccessArgs, own: string): Promise<string> {
  if (simulation?.stateFile !== undefined) return inProgramFolder(simulation.stateFile);
  const path = inProgramFolder(own);
  for (const key of keysOf(identity)) {
    const earlier = inProgramFolder(pathOf010(key));
    if (earlier === path) return path;
    // The old rule gave one file to several resources; this one's it is only if its record says so.
    if (await isDeclaredIn(earlier, keysOf(identity))) return earlier;
  }
  return path;
}

/** What version 0.1.0 called the file: the name up to its first slash, without the parents. */
function pathOf010(key: string): string {
  const { stack, name } = parseKey(key);
  return `${FOLDER}/${stack}.${name.split("/")[0]}.json`;
}

async function isDeclaredIn(path: string, keys: readonly string[]): Promise<boolean> {
  const record = (await readSimulatedHost(path))?.record as { readonly owners?: object } | undefined;
  return keys.some((key) => Object.hasOwn(record?.owners ?? {}, key));
}
