import type { Message } from "../../message.ts";
import type { Pool } from "../occupancy/pool.ts";
import type { Placement } from "../request.ts";
import { rankMessages as say } from "./messages.ts";

/**
 * Warns of ranks on partitions. Whole GPUs are what tensor parallelism is made for, so they get no warning.
 *
 * AMD documents ranks over partitions of one GPU as suited for light workloads (RCCL usage tips) and has published no figures.
 * Over several GPUs AMD has measured (rocm.blogs.amd.com, cpx-rccl-tuner, March 2026).
 */
export function rankWarnings({ devices, hostId, tensorParallel }: Placement, pool: Pool): readonly Message[] {
  if (tensorParallel === 1) return [];
  const gpus = new Set(devices.map((device) => device.gpu));
  const around = pool.devices.filter((device) => device.hostId === hostId && gpus.has(device.gpu));
  if (around.length === gpus.size) return [];
  return gpus.size === 1
    ? [say["ranks-on-one-gpu"]({ ranks: tensorParallel })]
    : [say["ranks-on-gpus"]({ ranks: tensorParallel, gpus: gpus.size })];
}
