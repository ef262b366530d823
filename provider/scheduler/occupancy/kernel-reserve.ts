import { type Bytes, bytes, mebibytes } from "../../bytes.ts";
import type { Pool } from "./pool.ts";

/**
 * Bytes of every device that the kernel keeps for page tables: the memory of all GPUs of the host >> 14, at least 8 MiB
 * (`reserved_for_pt` in Linux drivers/gpu/drm/amd/amdgpu/amdgpu_amdkfd_gpuvm.c). Charged to each device in full: 96 MiB
 * with eight MI300X, whether a device has 192 GiB or 24.
 */
export const deviceReserve = (memoryOfAllGpus: Bytes): Bytes =>
  bytes(Math.max(Math.floor(memoryOfAllGpus / 2 ** 14), mebibytes(8)));

/** The reserve of each host, from the devices it has. */
export function reservesByHost(pool: Pool): ReadonlyMap<string, Bytes> {
  const memory = new Map<string, number>();
  for (const { hostId, capacity } of pool.devices) memory.set(hostId, (memory.get(hostId) ?? 0) + capacity);
  return new Map([...memory].map(([hostId, total]) => [hostId, deviceReserve(bytes(total))]));
}
