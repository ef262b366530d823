import { AMD_SMI } from "../../amd-smi/commands.ts";
import { bytes } from "../../bytes.ts";
import type { GpuProcess, HostObservation } from "../../detection/observation.ts";
import { parseHostRecord } from "../../host-record/record.ts";
import type { SimulatedHostState } from "../../schema/simulated-host.ts";
import { type AcceleratorName, acceleratorByName } from "../../topology/accelerators.ts";
import { buildLayout, gpuOf, type GpuShape } from "../../topology/layout.ts";

/** PCI addresses of the eight GPUs of one common MI300X server; fewer GPUs take the first ones. */
const ADDRESSES = ["0c", "22", "38", "5c", "9f", "af", "bf", "df"].map((bus) => `0000:${bus}:00.0`);

/** The kernel keeps this many DRM minors per GPU, from this one on. A real host's are read, never computed. */
const RENDER_MINORS_PER_GPU = 8;
const FIRST_RENDER_MINOR = 128;

/** Nodes 0 and 1 are the processors. */
const FIRST_GPU_NODE = 2;

/** A host as it is delivered: every GPU in SPX/NPS1. */
export const newSimulatedHost = (
  hostId: string,
  accelerator: AcceleratorName,
  gpus: number,
): SimulatedHostState => ({
  version: 1,
  hostId,
  accelerator,
  gpus: ADDRESSES.slice(0, gpus).map((gpu) => ({ gpu, compute: "SPX", memory: "NPS1" })),
  record: undefined,
});

const gpuProcessOf = ({
  pid,
  name,
  vram,
}: NonNullable<SimulatedHostState["processes"]>[number]): GpuProcess => ({
  pid,
  name,
  gpus: [...new Set(Object.keys(vram).map(gpuOf))],
  vram: Object.fromEntries(Object.entries(vram).map(([id, used]) => [id, bytes(used)])),
});

/** The observation of a simulated host: everything follows from the modes in its file and the accelerator table. */
export function observeSimulated(state: SimulatedHostState, path: string): HostObservation {
  const accelerator = acceleratorByName(state.accelerator);
  const shapes: readonly GpuShape[] = state.gpus.map(({ gpu }) => ({
    gpu,
    memory: accelerator.memory,
    computeUnits: accelerator.computeUnits,
    devicesByMode: accelerator.devicesByMode,
  }));
  const layout = buildLayout(shapes, new Map(state.gpus.map((gpu) => [gpu.gpu, gpu])));
  const position = new Map(state.gpus.map((gpu, number) => [gpu.gpu, number]));
  return {
    hostId: state.hostId,
    bootId: "simulated",
    right: "root",
    amdSmi: { state: "working", path: AMD_SMI, others: [] },
    versions: { amdSmi: undefined, rocm: undefined, driver: undefined, kernel: undefined },
    guest: false,
    gpus: state.gpus.map(({ gpu, compute, memory }) => ({
      gpu,
      uuids: [],
      oam: position.get(gpu),
      accelerator: accelerator.name,
      modes: { compute, memory },
      permitted: accelerator.permitted,
      validated: accelerator.validated,
      devicesByMode: accelerator.devicesByMode,
      xcds: accelerator.xcds,
      computeUnits: accelerator.computeUnits,
      memory: accelerator.memory,
      allocation: undefined,
    })),
    missingGpus: [],
    devices: layout.devices.map((device) => ({
      id: device.id,
      gpu: device.gpu,
      partition: device.partition,
      node: FIRST_GPU_NODE + device.index,
      capacity: device.capacity,
      computeUnits: device.computeUnits,
      renderNode: `/dev/dri/renderD${FIRST_RENDER_MINOR + RENDER_MINORS_PER_GPU * (position.get(device.gpu) ?? 0) + device.partition}`,
    })),
    gpuProcesses: (state.processes ?? []).map(gpuProcessOf),
    processesSeen: "all",
    driverModule: {
      computeSwitch: "idle-gpu",
      kind: "module",
      usedBy: [],
      modprobe: "present",
      console: undefined,
      staged: state.gpus.some((gpu) => gpu.stagedMemory !== undefined) ? "requested" : "unsaid",
    },
    drm: { state: "unsaid", devices: {}, others: [] },
    groups: { render: undefined, video: undefined },
    record: parseHostRecord(
      state.record === undefined || state.record === null ? "" : JSON.stringify(state.record),
      `record in ${path}`,
    ),
    problems: [],
  };
}
