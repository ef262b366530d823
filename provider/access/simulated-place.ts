import { createHash } from "node:crypto";
import { isAbsolute, resolve } from "node:path";

import { readSimulatedHost } from "../partitioner/simulated/simulated-file.ts";
import type { SimulatedHostOptions } from "../partitioner/simulated/simulated.ts";
import { keysOf, parseKey } from "../resource-key.ts";
import type { HostAccessArgs } from "../schema/allocation.ts";
import type { Identity } from "../schema/partition.ts";

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
  const { identity, simulation } = access;
  const { project, stack } = parseKey(identity.key);
  return {
    path: inProgramFolder(simulation?.stateFile ?? (await defaultFile(identity))),
    hostId: `simulated-${project}.${stack}.${calledIn(identity.key)}`,
    accelerator: simulation?.accelerator ?? "MI300X",
    gpus: simulation?.gpus ?? 8,
  };
}

function calledIn(key: string): string {
  const { parents, name } = parseKey(key);
  return fileName(parents === "" ? name : `${parents}::${name}`);
}

const fileOf = (key: string): string => `${FOLDER}/${parseKey(key).stack}.${calledIn(key)}.json`;

/** What version 0.1.0 called the file: the name up to its first slash, without the parents. */
function fileOf010(key: string): string {
  const { stack, name } = parseKey(key);
  return `${FOLDER}/${stack}.${name.split("/")[0]}.json`;
}

/** The file of the declaration's key, or the one that it had before. */
async function defaultFile(identity: Identity): Promise<string> {
  const own = fileOf(identity.key);
  const keys = keysOf(identity);
  const former = new Set(keys.flatMap((key) => [fileOf(key), fileOf010(key)]));
  former.delete(own);
  if (former.size === 0 || (await readSimulatedHost(inProgramFolder(own)))) return own;
  for (const file of former) {
    // The rule of 0.1.0 gave one file to several resources; this one's it is only if its record says so.
    const record = (await readSimulatedHost(inProgramFolder(file)))?.record;
    const { owners = {} } = (record ?? {}) as { readonly owners?: object };
    if (keys.some((key) => Object.hasOwn(owners, key))) return file;
  }
  return own;
}
