import { mkdirSync, renameSync, rmdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { linkDevice } from "./device-nodes.ts";
import type { Entry, Tree } from "./tree.ts";

/** Makes the files below `root` what `after` says, touching only what differs from `before`. */
export function writeTree(root: string, devices: string, before: Tree, after: Tree): void {
  const kept = directoriesOf(after);
  const present = directoriesOf(before);
  for (const [path, entry] of before) {
    if (entry.is !== "directory" && !after.has(path)) unlinkSync(join(root, path));
  }
  for (const path of [...present].toSorted((a, b) => b.length - a.length)) {
    if (!kept.has(path)) rmdirSync(join(root, path));
  }
  for (const path of kept) if (!present.has(path)) mkdirSync(join(root, path), { recursive: true });
  for (const [path, entry] of after) {
    if (entry.is === "directory") continue;
    const old = before.get(path);
    if (old === undefined) create(join(root, path), devices, entry);
    else if (!same(old, entry)) replace(join(root, path), devices, entry);
  }
}

/** Directories that are made for the entries, not those of the host itself such as /dev. */
function directoriesOf(tree: Tree): ReadonlySet<string> {
  const directories = new Set<string>();
  for (const [path, entry] of tree) {
    for (
      let at = entry.is === "directory" ? path : dirname(path);
      !directories.has(at) && !HOST.has(at);
      at = dirname(at)
    )
      directories.add(at);
  }
  return directories;
}

const HOST: ReadonlySet<string> = new Set(["/", "/dev", "/sys"]);

function create(path: string, devices: string, entry: Exclude<Entry, { is: "directory" }>): void {
  if (entry.is === "file") writeFileSync(path, entry.content);
  else if (entry.is === "link") symlinkSync(entry.to, path);
  else linkDevice(devices, path, entry);
}

/** By rename, so that nobody reads half a file. */
function replace(path: string, devices: string, entry: Exclude<Entry, { is: "directory" }>): void {
  create(`${path}.new`, devices, entry);
  renameSync(`${path}.new`, path);
}

const same = (a: Entry, b: Entry): boolean => JSON.stringify(a) === JSON.stringify(b);
