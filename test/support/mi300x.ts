import { bytes, type Bytes } from "../../provider/bytes.ts";
import { buildLayout, type GpuShape, type Layout } from "../../provider/topology/layout.ts";
import type { ComputeMode, MemoryMode } from "../../provider/topology/modes.ts";

/** Allocatable memory of one MI300X in SPX: 192 GiB less the 16 MiB the driver keeps. */
export const MI300X_MEMORY: Bytes = bytes(206_141_652_992);

/** What KFD reports of one CPX device of an MI300X: an eighth of that, 24 GiB - 2 MiB. */
export const MI300X_CPX_CAPACITY: Bytes = bytes(25_767_706_624);

/** "0000:0c:00.0", "0000:0d:00.0", … */
export const gpuAddress = (number: number): string =>
  `0000:${(12 + number).toString(16).padStart(2, "0")}:00.0`;

const mi300x = (number: number, memory: Bytes = MI300X_MEMORY): GpuShape => ({
  gpu: gpuAddress(number),
  memory,
  computeUnits: 304,
  devicesByMode: { SPX: 1, DPX: 2, QPX: 4, CPX: 8 },
});

/** The layout of MI300X GPUs, one per compute mode given; the memory mode is the host's. */
export function mi300xLayout(
  compute: readonly ComputeMode[],
  memory: MemoryMode,
  memoryPerGpu: Bytes = MI300X_MEMORY,
): Layout {
  const shapes = compute.map((_, number) => mi300x(number, memoryPerGpu));
  return buildLayout(
    shapes,
    new Map(compute.map((mode, number) => [gpuAddress(number), { compute: mode, memory }])),
  );
}

/** Eight MI300X in CPX/NPS4: 64 devices of 24 GiB in 32 domains of 48. */
export const cpxNode = (): Layout => mi300xLayout(Array<ComputeMode>(8).fill("CPX"), "NPS4");
