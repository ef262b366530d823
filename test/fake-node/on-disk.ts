import { type Dirent, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";

import type { Tree } from "../support/fake-node/tree.ts";

/** Everything below a directory, /sys and /dev themselves left out: path → content, target of a link, or what it is. */
export function filesBelow(root: string): ReadonlyMap<string, string> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const found = entries.map((entry): [string, string] => {
    const path = join(entry.parentPath, entry.name);
    return [path.slice(root.length), onDisk(path, entry)];
  });
  return ordered(found);
}

function onDisk(path: string, entry: Dirent): string {
  if (entry.isDirectory()) return "directory";
  if (entry.isSymbolicLink()) return readlinkSync(path);
  // Where mknod is forbidden a device node is an empty file.
  return path.includes("/sys/") ? readFileSync(path, "utf8") : "device";
}

/** What that is for a tree. */
export function expectedBelow(tree: Tree): ReadonlyMap<string, string> {
  const found: [string, string][] = [];
  for (const [path, entry] of tree) {
    for (let at = dirname(path); at !== "/"; at = dirname(at)) found.push([at, "directory"]);
    found.push([path, entry.is === "file" ? entry.content : entry.is === "link" ? entry.to : entry.is]);
  }
  return ordered(found);
}

const ordered = (entries: readonly [string, string][]): ReadonlyMap<string, string> =>
  new Map(
    entries.filter(([path]) => path !== "/sys" && path !== "/dev").toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
