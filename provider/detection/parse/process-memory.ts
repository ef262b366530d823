import { type Bytes, bytes } from "../../bytes.ts";
import type { KfdNode } from "./kfd.ts";
import { parseFiles } from "./sections.ts";

/**
 * What each process has of each logical device: `proc/<pid>/vram_<gpu_id>` of KFD, in bytes. KFD counts by node, that is by
 * partition (`kfd_process_device.vram_usage` in Linux drivers/gpu/drm/amd/amdkfd/kfd_process.c), while `mem_info_vram_used` of
 * sysfs and amd-smi speak of the whole GPU.
 */
export function parseProcessMemory(
  text: string,
  nodes: readonly KfdNode[],
): ReadonlyMap<number, Readonly<Record<string, Bytes>>> {
  const idOf = new Map(nodes.map((node) => [String(node.gpuId), node.id]));
  const memory = new Map<number, Record<string, Bytes>>();
  for (const [path, [line = ""]] of parseFiles(text)) {
    const [, pid, gpuId = ""] = /^(\d+)\/vram_(\d+)$/.exec(path) ?? [];
    const id = idOf.get(gpuId);
    const used = Number(line);
    if (pid === undefined || id === undefined || !Number.isSafeInteger(used) || used <= 0) continue;
    memory.set(Number(pid), { ...memory.get(Number(pid)), [id]: bytes(used) });
  }
  return memory;
}
