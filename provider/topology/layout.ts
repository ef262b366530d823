import { type Bytes, floorPages } from "../bytes.ts";
import { type ComputeMode, domainsPerGpu, type MemoryMode } from "./modes.ts";

/**
 * A physical GPU: PCI domain:bus:device with function 0, "0000:0c:00.0". Never an index: every index after a changed
 * GPU moves.
 */
export type Bdf = string;

/**
 * One logical device: what one compute partition is to software (one KFD node, one render node).
 *
 * `id` is the PCI address whose function digit is the partition, "0000:0c:00.3": AMD's own way to name it (amd-smi
 * `list`). It is stable while its GPU keeps its compute mode, whatever happens to the other GPUs.
 */
export interface LogicalDevice {
  readonly id: string;
  readonly gpu: Bdf;
  /** 0-based partition number inside the GPU. */
  readonly partition: number;
  /** Position in the driver's order over the whole host: what ROCR_VISIBLE_DEVICES counts. */
  readonly index: number;
  readonly computeUnits: number;
  /** Bytes this device may allocate: its share of the domain (the driver's cap), not the whole domain. */
  readonly capacity: Bytes;
  /** Id of the memory domain it allocates from. */
  readonly domain: string;
}

/** The HBM stacks one NPS partition interleaves over. Several logical devices can share one. */
export interface MemoryDomain {
  readonly id: string;
  readonly gpu: Bdf;
  readonly capacity: Bytes;
}

export interface GpuLayout {
  readonly gpu: Bdf;
  readonly compute: ComputeMode;
  readonly memory: MemoryMode;
  /** Number of logical devices in this mode. */
  readonly devices: number;
}

/** The mode pair of every GPU of a host, and the logical devices and memory domains that follow from it. */
export interface Layout {
  /** In the driver's order. */
  readonly gpus: readonly GpuLayout[];
  readonly devices: readonly LogicalDevice[];
  readonly domains: readonly MemoryDomain[];
}

/** What is needed of a GPU to say which devices a mode would give. */
export interface GpuShape {
  readonly gpu: Bdf;
  /** Allocatable HBM of the whole GPU in SPX, as KFD reports it. */
  readonly memory: Bytes;
  readonly computeUnits: number;
  /** Logical devices of each mode the GPU offers; a mode that is not a key is not offered. */
  readonly devicesByMode: Readonly<Partial<Record<ComputeMode, number>>>;
}

export const deviceId = (gpu: Bdf, partition: number): string => `${gpu.replace(/\.\d+$/, "")}.${partition}`;

/** The GPU that a logical device is a part of. */
export const gpuOf = (id: string): Bdf => deviceId(id, 0);

export const domainId = (gpu: Bdf, memory: MemoryMode, number: number): string =>
  `${gpu.replace(/\.\d+$/, "")}/${memory.toLowerCase()}.${number}`;

/** What KFD reports of a device that exists; takes the place of the planned share. */
export interface MeasuredDevice {
  readonly capacity: Bytes;
}

/**
 * The layout that `modes` gives on GPUs of these shapes, in the order given (the driver's: by PCI address).
 *
 * A device's planned capacity is the GPU's memory divided by its devices, rounded down to whole pages: the kernel's
 * `amdgpu_amdkfd_xcp_memory_size`, and the reason why an MI300X CPX device has 24 GiB in NPS1 as well as in NPS4.
 * `measured` (by device id) wins where the device already exists.
 */
export function buildLayout(
  shapes: readonly GpuShape[],
  modes: ReadonlyMap<Bdf, { readonly compute: ComputeMode; readonly memory: MemoryMode }>,
  measured: ReadonlyMap<string, MeasuredDevice> = new Map(),
): Layout {
  const gpus: GpuLayout[] = [];
  const devices: LogicalDevice[] = [];
  const domains: MemoryDomain[] = [];
  for (const shape of shapes) {
    const pair = modes.get(shape.gpu);
    const count = pair && shape.devicesByMode[pair.compute];
    if (!pair || count === undefined) continue;
    const domainCount = Math.min(domainsPerGpu(pair.memory), count);
    gpus.push({ gpu: shape.gpu, compute: pair.compute, memory: pair.memory, devices: count });
    for (let number = 0; number < domainCount; number++) {
      domains.push({
        id: domainId(shape.gpu, pair.memory, number),
        gpu: shape.gpu,
        capacity: floorPages(shape.memory / domainCount),
      });
    }
    for (let partition = 0; partition < count; partition++) {
      const id = deviceId(shape.gpu, partition);
      devices.push({
        id,
        gpu: shape.gpu,
        partition,
        index: devices.length,
        computeUnits: Math.floor(shape.computeUnits / count),
        capacity: measured.get(id)?.capacity ?? floorPages(shape.memory / count),
        domain: domainId(shape.gpu, pair.memory, Math.floor((partition * domainCount) / count)),
      });
    }
  }
  return { gpus, devices, domains };
}
