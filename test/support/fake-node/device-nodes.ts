import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, linkSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { GROUP_IDS } from "./accounts.ts";
import type { Entry } from "./tree.ts";

type DeviceEntry = Extract<Entry, { is: "device" }>;

/**
 * Puts a device node at `path`: a hard link to one of the same kind in `templates`, because making one needs a process
 * and a host has up to 130. Where the sandbox forbids mknod the node is an empty file.
 */
export function linkDevice(templates: string, path: string, entry: DeviceEntry): void {
  const template = join(templates, `${entry.major}-${entry.minor}-${entry.group}`);
  if (!existsSync(template)) makeDevices(templates, [entry]);
  linkSync(template, path);
}

/** Makes many templates in one process. */
export function makeDevices(templates: string, entries: readonly DeviceEntry[]): void {
  mkdirSync(templates, { recursive: true });
  const wanted = entries
    .map((entry) => ({ entry, path: join(templates, `${entry.major}-${entry.minor}-${entry.group}`) }))
    .filter(({ path }) => !existsSync(path));
  const script = wanted
    .map(({ entry, path }) => `mknod '${path}' c ${entry.major} ${entry.minor} 2>/dev/null || : >'${path}'`)
    .join("\n");
  if (wanted.length > 0) execFileSync("sh", ["-c", script]);
  for (const { entry, path } of wanted) {
    chownSync(path, 0, GROUP_IDS[entry.group]);
    chmodSync(path, 0o660);
  }
}
