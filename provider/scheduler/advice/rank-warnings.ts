import type { Pool } from "../occupancy/pool.ts";
import type { Placement } from "../request.ts";

/**
 * What ranks on partitions pay for talking to each other. Whole GPUs are what tensor parallelism is made for: nothing to say.
 *
 * AMD's own word on ranks over partitions is that they suit light workloads; nobody has published more of one GPU. Over several
 * GPUs AMD has measured (rocm.blogs.amd.com, cpx-rccl-tuner, March 2026; RCCL's usage tips for one GPU).
 */
export function rankWarnings({ devices, hostId, tensorParallel }: Placement, pool: Pool): readonly string[] {
  if (tensorParallel === 1) return [];
  const gpus = new Set(devices.map((device) => device.gpu));
  const around = pool.devices.filter((device) => device.hostId === hostId && gpus.has(device.gpu));
  if (around.length === gpus.size) return [];
  if (gpus.size === 1) {
    return [
      `${tensorParallel} ranks on partitions of one GPU pay for talking to each other: several copies on one device each, or a layout with larger devices, usually serve more`,
    ];
  }
  return [
    `${tensorParallel} ranks on partitions of ${gpus.size} GPUs pay for talking to each other: AMD measured about 26 GB/s for 64 ranks on 8 GPUs in CPX/NPS4, against 170 GB/s within one GPU: a layout with larger devices, SPX at best, serves more`,
  ];
}
