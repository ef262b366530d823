import { type Bytes, bytes, floorPages } from "../../bytes.ts";
import { domainsPerGpu, type ModePair } from "../../topology/modes.ts";

/**
 * How much of a memory domain one of the devices that share it may take: its even share, or all of it (ROCm 7.14; the driver's
 * `compute_partition_mem_alloc_mode`). Whatever sets a compute mode or loads the driver sets it back to CAPPING.
 */
export type AllocationMode = "CAPPING" | "ALL";

export function parseAllocationMode(text: string): AllocationMode | undefined {
  const mode = text.trim().toUpperCase();
  return mode === "CAPPING" || mode === "ALL" ? mode : undefined;
}

/** Memory of a GPU, its modes, and how its devices share it. */
interface DividedMemory {
  readonly memory: number;
  readonly modes: ModePair | undefined;
  readonly allocation: AllocationMode | undefined;
  /** Of an APU: what its driver lets it allocate. */
  readonly shared?: { readonly limit: Bytes | undefined };
}

/**
 * What one device may allocate: what KFD says, or its whole domain where the mode allows that (`amdgpu_amdkfd_xcp_memory_size` of
 * Linux). KFD reports the memory of a device as it was when it made the device: it need not know the mode, nor, with
 * an older driver of an APU, the limit of TTM.
 *
 * @param devices of its GPU now
 */
export function capacityOf(said: Bytes, gpu: DividedMemory | undefined, devices: number): Bytes {
  const limit = gpu?.shared?.limit ?? Number.MAX_SAFE_INTEGER;
  if (gpu?.allocation !== "ALL" || gpu.modes === undefined)
    return bytes(Math.min(said, floorPages(limit / devices)));
  const domains = Math.min(domainsPerGpu(gpu.modes.memory), devices);
  return bytes(Math.min(Math.max(said, floorPages(gpu.memory / domains)), floorPages(limit / domains)));
}
