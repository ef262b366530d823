import { type Accelerator, acceleratorByName, type AcceleratorName } from "../topology/accelerators.ts";
import { buildLayout } from "../topology/layout.ts";
import type { ComputeMode, MemoryMode, ModePair } from "../topology/modes.ts";
import { type Pool, poolOf } from "./occupancy/pool.ts";

/** A host whose GPUs may be partitioned in any way they permit. */
export interface CapacityHost {
  readonly name: string;
  readonly accelerator: AcceleratorName;
  /** Number of GPUs. */
  readonly gpus: number;
  /** Modes of all GPUs now, which changes are counted against. @default SPX/NPS1, as delivered */
  readonly now?: ModePair | undefined;
}

/** One way to partition a host: the memory mode is the driver's, so all GPUs have it. */
export interface HostModes {
  readonly host: string;
  readonly memory: MemoryMode;
  /** Of each GPU, those of the same mode together. */
  readonly compute: readonly ComputeMode[];
  /** The memory mode is another than now, which takes a reload of the driver. */
  readonly driverReload: boolean;
  /** GPUs with other modes than now. */
  readonly changedGpus: number;
}

const AS_DELIVERED: ModePair = { compute: "SPX", memory: "NPS1" };

/** All ways to partition a host; GPUs are alike, so it only matters how many have which mode. */
export function layoutsOf(host: CapacityHost, kind: "mixed" | "uniform"): readonly HostModes[] {
  const { permitted } = acceleratorByName(host.accelerator);
  const now = host.now ?? AS_DELIVERED;
  return [...new Set(permitted.map((pair) => pair.memory))].flatMap((memory) => {
    const modes = permitted.filter((pair) => pair.memory === memory).map((pair) => pair.compute);
    const choices =
      kind === "mixed"
        ? mixes(modes, host.gpus)
        : modes.map((mode) => Array(host.gpus).fill(mode) as ComputeMode[]);
    return choices.map((compute) => ({
      host: host.name,
      memory,
      compute,
      driverReload: memory !== now.memory,
      changedGpus: memory === now.memory ? compute.filter((mode) => mode !== now.compute).length : host.gpus,
    }));
  });
}

/** Every way to give this many GPUs one of these modes each, whatever the order. */
function mixes(modes: readonly ComputeMode[], gpus: number): readonly (readonly ComputeMode[])[] {
  const [first, ...rest] = modes;
  if (first === undefined) return gpus === 0 ? [[]] : [];
  return Array.from({ length: gpus + 1 }, (_, count) => count).flatMap((count) =>
    mixes(rest, gpus - count).map((others) => [...(Array(count).fill(first) as ComputeMode[]), ...others]),
  );
}

/** The devices that these modes would give. GPUs are numbered: "gpu-0", "gpu-1". */
export function poolWith(hosts: readonly CapacityHost[], modes: readonly HostModes[]): Pool {
  return poolOf(
    hosts.flatMap((host, number) => {
      const chosen = modes[number];
      if (!chosen) return [];
      const accelerator: Accelerator = acceleratorByName(host.accelerator);
      const shapes = chosen.compute.map((_, gpu) => ({ ...accelerator, gpu: `gpu-${gpu}` }));
      const pairs = new Map(
        chosen.compute.map((compute, gpu) => [`gpu-${gpu}`, { compute, memory: chosen.memory }]),
      );
      return [{ hostId: host.name, layout: buildLayout(shapes, pairs) }];
    }),
  );
}
