import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import type { Home, Settings } from "./home.ts";
import { treeOf } from "./host-tree.ts";
import { kernelLog } from "./kernel-log.ts";
import { withLock } from "./lock.ts";
import { type PreparedOutputs, prepareOutputs } from "./prepare.ts";
import type { NodeState } from "./state.ts";
import type { Tree } from "./tree.ts";
import { writeTree } from "./write-tree.ts";

export const readState = (home: Home): NodeState => JSON.parse(readFileSync(home.state, "utf8")) as NodeState;

/** What does not change while the host lives, except that `prepared` grows with what is asked. */
export const readSettings = (home: Home): Settings =>
  JSON.parse(readFileSync(home.settings, "utf8")) as Settings;

export const writeSettings = (home: Home, settings: Settings): void =>
  writeFileSync(home.settings, JSON.stringify(settings, null, 2));

/** One change of the host, alone: nobody else changes it meanwhile. Returns what `decide` returned beside the state. */
export async function changeState<T>(
  home: Home,
  decide: (state: NodeState) => { readonly state: NodeState; readonly result: T },
): Promise<T> {
  return withLock(home.lock, () => {
    const before = readState(home);
    const { state, result } = decide(before);
    if (state !== before) writeState(home, readSettings(home), before, state);
    return result;
  });
}

const NOTHING: Tree = new Map();

/** The host in this state: its files, amd-smi's answers, and the state itself. `before` = null on a new host. */
export function writeState(home: Home, settings: Settings, before: NodeState | null, after: NodeState): void {
  const tree = before === null ? NOTHING : treeOf(before);
  writeTree(home.root, settings.devices, tree, treeOf(after));
  writeOutputs(home, prepareOutputs(after, settings.prepared));
  writeFileSync(`${home.kernelLog}.new`, kernelLog(after));
  renameSync(`${home.kernelLog}.new`, home.kernelLog);
  if (before?.bootId !== after.bootId) writeFileSync(home.bootId, `${after.bootId}\n`);
  writeFileSync(`${home.state}.new`, JSON.stringify(after, null, 2));
  renameSync(`${home.state}.new`, home.state);
}

/**
 * A new directory and one rename: all answers change at once. The directory before is left for readers who have just
 * looked a name up; the one before that goes.
 */
function writeOutputs(home: Home, outputs: PreparedOutputs): void {
  const current = existsSync(home.outputs) ? Number(readlinkSync(home.outputs).split(".").at(-1)) : 0;
  const next = `${home.outputs}.${current + 1}`;
  mkdirSync(join(next, "root"), { recursive: true });
  mkdirSync(join(next, "user"));
  addOutputs(next, outputs);
  symlinkSync(next, `${home.outputs}.new`);
  renameSync(`${home.outputs}.new`, home.outputs);
  rmSync(`${home.outputs}.${current - 1}`, { recursive: true, force: true });
}

export const addOutputs = (directory: string, outputs: PreparedOutputs): void => {
  for (const [name, content] of outputs) writeFileSync(join(directory, name), content);
};
