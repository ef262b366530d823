import type { NodeState } from "./state.ts";
import { type Entries, file } from "./tree.ts";

const CACHE_KIBIBYTES = 4096;

/** NUMA nodes and the limit of TTM, where the host says something of them. */
export function hostMemoryTree({ hostMemory }: NodeState): Entries {
  if (!hostMemory) return [];
  const { module, pagesLimit, nodes } = hostMemory;
  return [
    file(`/sys/module/${module}/parameters/pages_limit`, `${pagesLimit}\n`),
    ...nodes.map(({ total, used }, number) => {
      const lines = {
        MemTotal: total / 1024,
        MemFree: (total - used) / 1024 - CACHE_KIBIBYTES,
        MemUsed: used / 1024 + CACHE_KIBIBYTES,
        FilePages: CACHE_KIBIBYTES,
        Shmem: 0,
        SReclaimable: 0,
      };
      const text = Object.entries(lines).map(
        ([name, value]) => `Node ${number} ${`${name}:`.padEnd(15)}${String(value).padStart(9)} kB\n`,
      );
      return file(`/sys/devices/system/node/node${number}/meminfo`, text.join(""));
    }),
  ];
}
