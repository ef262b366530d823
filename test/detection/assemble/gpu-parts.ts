import type { KfdNode } from "../../../provider/detection/parse/kfd.ts";
import type { CardFiles } from "../../../provider/detection/parse/partition-files.ts";

export const GPU = "0000:0c:00.0";

/** Partition files of one card of which sysfs shows nothing but these. */
export const cardFiles = (files: Partial<CardFiles>): CardFiles => ({
  gpu: GPU,
  driver: "amdgpu",
  vendor: 0x10_02,
  pciDeviceId: undefined,
  compute: undefined,
  availableCompute: [],
  memory: undefined,
  availableMemory: [],
  vramTotal: undefined,
  allocation: undefined,
  ...files,
});

/** KFD nodes of one GPU, one for each partition. */
export const kfdNodes = (
  partitions: readonly Pick<KfdNode, "pciDeviceId" | "computeUnits" | "xcds" | "memory" | "hive">[],
): readonly KfdNode[] =>
  partitions.map((node, partition) => ({
    node: partition + 2,
    gpuId: 1000 + partition,
    gpu: GPU,
    partition,
    id: `0000:0c:00.${partition}`,
    graphics: 90_402,
    renderMinor: 128 + partition,
    ...node,
  }));
