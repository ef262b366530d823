import { type Bytes, bytes, floorPages } from "../../bytes.ts";
import { ACCELERATORS } from "../../topology/accelerators.ts";
import type { Bdf } from "../../topology/layout.ts";
import { parseFiles } from "./sections.ts";

const PAGE = 4096;
const KIBI = 1024;

/** PCI ids, as sysfs prints them, of GPUs whose HBM is the memory of the host: an APU's. */
export const APU_IDS: readonly string[] = ACCELERATORS.flatMap((one) =>
  one.memoryOf === "host" ? [...one.pciDeviceIds, ...one.guestDeviceIds] : [],
).map((id) => `0x${id.toString(16)}`);

/**
 * For the probe, behind its section "pci", where it found an APU: what TTM may allocate, in pages (the module is amdttm where a
 * package of the driver has it, else the kernel's), and what each NUMA node has. One process.
 */
export const READ_HOST_MEMORY = `
for ttm in amdttm ttm; do
  pages=; read -r pages 2>/dev/null </sys/module/$ttm/parameters/pages_limit && { echo "pages_limit:$pages"; break; }
done
cd /sys/devices/system/node && grep -sHE '(MemTotal|MemFree|FilePages|Shmem|SReclaimable):' node[0-9]*/meminfo
`;

/** Memory that an APU has in common with the host. */
export interface SharedMemory {
  /**
   * What the driver lets the GPU allocate: its limit for all GPUs over the NUMA nodes (`amdgpu_amdkfd_xcp_memory_size` in the source
   * of amdgpu 6.14.14-2212064: `(ttm_tt_pages_limit() << PAGE_SHIFT) / num_online_nodes()`). undefined: the host does not say.
   */
  readonly limit: Bytes | undefined;
  /** Of the NUMA node of the GPU, and what of it is in use, by the GPU as well, without what the kernel gives back when it has to. */
  readonly total: Bytes;
  readonly used: Bytes;
}

/** @param text lines "gpu:<address> <NUMA node>", and what READ_HOST_MEMORY prints */
export function parseHostMemory(text: string): ReadonlyMap<Bdf, SharedMemory> {
  const files = parseFiles(text);
  const nodes = new Map(
    [...files].flatMap(([path, lines]) => {
      const node = /^node(\d{1,4})\/meminfo$/.exec(path)?.[1];
      return node === undefined ? [] : [[Number(node), nodeMemory(lines)] as const];
    }),
  );
  const pages = Number(files.get("pages_limit")?.[0]);
  const limit =
    Number.isSafeInteger(pages) && pages > 0 && nodes.size > 0
      ? floorPages((pages * PAGE) / nodes.size)
      : undefined;
  const found = new Map<Bdf, SharedMemory>();
  for (const line of files.get("gpu") ?? []) {
    const [gpu = "", node = ""] = line.split(" ");
    // A host of one node says -1.
    const memory = nodes.get(Number(node)) ?? (nodes.size === 1 ? [...nodes.values()][0] : undefined);
    if (memory) found.set(gpu.toLowerCase(), { limit, ...memory });
  }
  return found;
}

/** "Node 0 MemTotal:       13723852 kB" */
function nodeMemory(lines: readonly string[]): Pick<SharedMemory, "total" | "used"> {
  const values = new Map(
    lines.map((line) => {
      const [, name = "", kibibytes = ""] = /^Node \d+ (\w+): +(\d{1,15}) kB$/.exec(line.trim()) ?? [];
      return [name, Number(kibibytes) * KIBI];
    }),
  );
  const value = (name: string): number => values.get(name) ?? 0;
  const cache = Math.max(0, value("FilePages") - value("Shmem")) + value("SReclaimable");
  const total = value("MemTotal");
  return { total: bytes(total), used: bytes(Math.max(0, total - value("MemFree") - cache)) };
}
