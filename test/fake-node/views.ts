import { runAmdSmi } from "../support/fake-node/amd-smi/run.ts";
import { CPU_NODES } from "../support/fake-node/devices.ts";
import type { NodeState } from "../support/fake-node/state.ts";
import { readTree, resolvePath, type Tree } from "../support/fake-node/tree.ts";
import { RELEASES } from "../support/fake-node/versions.ts";
import { part, type Row, rows } from "./documents.ts";

/** A host as somebody sees it, in words that fit both ways of looking. */
export interface View {
  readonly devices: readonly Row[];
  /** Mode pair of each GPU, "N/A,N/A" where it has none. */
  readonly modes: readonly string[];
}

const NODES = "/sys/class/kfd/kfd/topology/nodes";

/** Without `list -e` devices are known by their PCI address. */
const saysNamesOnly = (state: NodeState): boolean => ["bdf", "nodes"].includes(RELEASES[state.rocm].list);

/** What amd-smi says. */
export function amdSmiView(state: NodeState): View {
  const read = (command: string): readonly Row[] => rows(runAmdSmi(state, command.split(" "), "root").stdout);
  const namesOnly = saysNamesOnly(state);
  const listed = read(namesOnly ? "list --json" : "list -e --json");
  const partitions = read("static --partition --json").map((row) => part(row, "partition"));
  return {
    devices: listed.map(({ bdf, ...more }) =>
      namesOnly
        ? { bdf }
        : {
            bdf,
            node: more["node_id"],
            kfd: more["kfd_id"],
            partition: more["partition_id"],
            render: more["render"],
            card: more["card"],
            uuid: more["hip_uuid"],
            order: more["hip_id"],
          },
    ),
    modes: partitions
      .filter((_, index) => String(listed[index]?.["bdf"]).endsWith(".0"))
      .map((row) =>
        [row["accelerator_partition"] ?? row["compute_partition"], row["memory_partition"]]
          // From ROCm 10 on with the reason behind it.
          .map((mode) => String(mode).replace(/^N\/A \(.*\)$/, "N/A"))
          .join(","),
      ),
  };
}

/** What sysfs, KFD and /dev say, read from their files. */
export function kernelView(state: NodeState, tree: Tree): View {
  const devices = gpuNodes(tree).map((node) => {
    const properties = propertiesOf(tree, node);
    const location = Number(properties.get("location_id"));
    const partition = Math.floor(location / 2 ** 28) || location % 8;
    const bus = (Math.floor(location / 256) % 256).toString(16).padStart(2, "0");
    const minor = Number(properties.get("drm_render_minor"));
    const bdf = `0000:${bus}:00.${partition}`;
    if (saysNamesOnly(state)) return { bdf };
    return {
      bdf,
      node,
      kfd: Number(readTree(tree, `${NODES}/${node}/gpu_id`)),
      partition,
      render: tree.has(`/dev/dri/renderD${minor}`) ? `renderD${minor}` : "none",
      card: cardOf(tree, minor),
      uuid: `GPU-${(properties.get("unique_id") ?? 0n).toString(16).padStart(16, "0")}`,
      order: node - CPU_NODES,
    };
  });
  const bound = state.gpus.filter(({ bdf }) => tree.has(`/sys/bus/pci/drivers/amdgpu/${bdf}`));
  return {
    devices,
    modes: bound.map(({ bdf }) =>
      ["current_compute_partition", "current_memory_partition"]
        .map((name) => readTree(tree, `/sys/bus/pci/devices/${bdf}/${name}`)?.trim() ?? "N/A")
        .join(","),
    ),
  };
}

/** Bytes of the memory bank of each GPU node. */
export const memoryBanks = (tree: Tree): readonly number[] =>
  gpuNodes(tree).map((node) => {
    const text = readTree(tree, `${NODES}/${node}/mem_banks/0/properties`) ?? "";
    return Number(/^size_in_bytes (\d+)$/m.exec(text)?.[1]);
  });

function gpuNodes(tree: Tree): readonly number[] {
  const directory = resolvePath(tree, NODES);
  const files = [...tree.keys()].filter((path) => path.startsWith(directory) && path.endsWith("/gpu_id"));
  return files
    .map((path) => Number(path.split("/").at(-2)))
    .filter((node) => readTree(tree, `${NODES}/${node}/gpu_id`) !== "0\n")
    .toSorted((a, b) => a - b);
}

function propertiesOf(tree: Tree, node: number): ReadonlyMap<string, bigint> {
  const lines = (readTree(tree, `${NODES}/${node}/properties`) ?? "").trim().split("\n");
  return new Map(
    lines.map((line): [string, bigint] => {
      const [name = "", value = "0"] = line.split(" ");
      return [name, BigInt(value)];
    }),
  );
}

/** The card whose device also has this render node. */
function cardOf(tree: Tree, minor: number): string {
  const directory = resolvePath(tree, `/sys/class/drm/renderD${minor}/device/drm`);
  const file = [...tree.keys()].find((path) => path.startsWith(`${directory}/card`));
  return file?.slice(directory.length + 1).split("/")[0] ?? "none";
}
