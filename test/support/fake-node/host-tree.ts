import { devTree } from "./dev-tree.ts";
import { hostMemoryTree } from "./host-memory-tree.ts";
import { kfdTree } from "./kfd-tree.ts";
import { pciTree } from "./pci-tree.ts";
import type { NodeState } from "./state.ts";
import { type Entry, resolvePath, type Tree } from "./tree.ts";

/** Everything the kernel shows of this host: sysfs, KFD and device nodes. */
export function treeOf(state: NodeState): Tree {
  const tree = new Map<string, Entry>([
    ...pciTree(state),
    ...kfdTree(state),
    ...hostMemoryTree(state),
    ...devTree(state),
  ]);
  for (const [path, content] of Object.entries(state.overrides.files)) {
    const real = resolvePath(tree, path);
    if (content === null) tree.delete(real);
    else tree.set(real, { is: "file", content });
  }
  return tree;
}
