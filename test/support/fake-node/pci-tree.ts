import { deviceIdOf, hexadecimal } from "./amd-smi/identity.ts";
import { USED_MEBIBYTES } from "./amd-smi/metric.ts";
import {
  acceleratorOf,
  drmSlots,
  memoryOf,
  profileOf,
  profilesOf,
  type Slot,
  totalMemoryBytes,
  visibleGpus,
} from "./devices.ts";
import { driverUsers, type GpuState, type NodeState } from "./state.ts";
import type { Entries } from "./tree.ts";
import { file, link } from "./tree.ts";
import { RELEASES } from "./versions.ts";

const PCI_ROOT = "/sys/devices/pci0000:00";
const MEBIBYTE = 2 ** 20;
const DRM_MAJOR = 226;

/** PCI devices, their DRM nodes and the driver module. Without the driver only the bare PCI devices are left. */
export function pciTree(state: NodeState): Entries {
  const entries = [
    ...displayTree(state),
    ...state.gpus.flatMap((gpu, number) => bareDevice(state, gpu, number)),
  ];
  if (state.driver === "unloaded") return entries;
  const slots = drmSlots(state);
  return [
    ...entries,
    file("/sys/module/amdgpu/initstate", "live\n"),
    file("/sys/module/amdgpu/version", `${RELEASES[state.rocm].driver}\n`),
    file("/sys/module/amdgpu/refcnt", `${driverUsers(state)}\n`),
    ...visibleGpus(state).flatMap((gpu, number) => [
      ...boundDevice(state, gpu, number),
      ...partitionFiles(state, gpu, number),
    ]),
    ...slots.flatMap((slot) => drmNodes(state, slot)),
  ];
}

const pciPath = (bdf: string): string => `${PCI_ROOT}/${bdf}`;

function bareDevice(state: NodeState, gpu: GpuState, number: number): Entries {
  const id = hexadecimal(deviceIdOf(state, number), 4);
  const driver = state.driver === "loaded" ? "DRIVER=amdgpu\n" : "";
  const identity = `PCI_CLASS=120000\nPCI_ID=1002:${id.toUpperCase()}\nPCI_SUBSYS_ID=1002:${id.toUpperCase()}\n`;
  const path = pciPath(gpu.bdf);
  return [
    file(`${path}/vendor`, "0x1002\n"),
    file(`${path}/device`, `0x${id}\n`),
    file(`${path}/class`, "0x120000\n"),
    file(`${path}/numa_node`, `${number % (state.hostMemory?.nodes.length ?? 1)}\n`),
    file(`${path}/uevent`, `${driver}${identity}PCI_SLOT_NAME=${gpu.bdf}\n`),
    link(`/sys/bus/pci/devices/${gpu.bdf}`, `../../../devices/pci0000:00/${gpu.bdf}`),
  ];
}

function boundDevice(state: NodeState, gpu: GpuState, number: number): Entries {
  const path = pciPath(gpu.bdf);
  return [
    link(`${path}/driver`, "../../../bus/pci/drivers/amdgpu"),
    link(`/sys/bus/pci/drivers/amdgpu/${gpu.bdf}`, `../../../../devices/pci0000:00/${gpu.bdf}`),
    file(`${path}/unique_id`, `${gpu.serial}\n`),
    file(`${path}/mem_info_vram_total`, `${totalMemoryBytes(state, number)}\n`),
    file(`${path}/mem_info_vram_used`, `${USED_MEBIBYTES * MEBIBYTE}\n`),
  ];
}

/** Absent on a GPU that cannot be partitioned and in a guest: that is how the kernel says so. */
function partitionFiles(state: NodeState, gpu: GpuState, number: number): Entries {
  const profiles = profilesOf(state, number);
  const profile = profileOf(state, number);
  const memory = memoryOf(state, number);
  if (profile === undefined) return [];
  const path = pciPath(gpu.bdf);
  const { memoryModes, xcds } = acceleratorOf(state, number);
  const available = profiles.filter((one) => one.memoryModes.includes(memory)).map((one) => one.mode);
  const configuration = `${path}/compute_partition_config`;
  return [
    file(`${path}/current_compute_partition`, `${gpu.compute}\n`),
    file(`${path}/available_compute_partition`, `${available.join(", ")}\n`),
    file(`${path}/current_memory_partition`, `${memory}\n`),
    ...(memoryModes.length > 1
      ? [file(`${path}/available_memory_partition`, `${memoryModes.join(", ")}\n`)]
      : []),
    ...(RELEASES[state.rocm].static.allocationMode === "present"
      ? [file(`${path}/compute_partition_mem_alloc_mode`, `${gpu.allocation}\n`)]
      : []),
    file(`${configuration}/supported_xcp_configs`, `${profiles.map((one) => one.mode).join(", ")}\n`),
    file(`${configuration}/xcp_config`, `${gpu.compute}\n`),
    file(`${configuration}/supported_nps_configs`, `${profile.memoryModes.join(", ")}\n`),
    file(`${configuration}/xcc/num_inst`, `${xcds / profile.devices}\n`),
    file(`${configuration}/xcc/num_shared`, "1\n"),
  ];
}

/** Slot 0 belongs to the PCI device; the others to platform devices, which have no PCI address. */
function drmNodes(state: NodeState, slot: Slot): Entries {
  const bdf = state.gpus[slot.gpu]?.bdf ?? "";
  const perGpu = 7;
  const name = `${RELEASES[state.rocm].partitionDevice}${slot.gpu * perGpu + slot.slot - 1}`;
  const [parent, fromClass] =
    slot.slot === 0
      ? [pciPath(bdf), `../../devices/pci0000:00/${bdf}`]
      : [`/sys/devices/platform/${name}`, `../../devices/platform/${name}`];
  const nodes = [
    [`card${slot.card}`, slot.card],
    [`renderD${slot.renderMinor}`, slot.renderMinor],
  ] as const;
  return [
    ...(slot.slot === 0 ? [] : [file(`${parent}/uevent`, "MODALIAS=platform:amdgpu_xcp\n")]),
    ...nodes.flatMap(([node, minor]) => [
      link(`/sys/class/drm/${node}`, `${fromClass}/drm/${node}`),
      file(`${parent}/drm/${node}/dev`, `${DRM_MAJOR}:${minor}\n`),
      link(`${parent}/drm/${node}/device`, "../.."),
    ]),
  ];
}

/** The management display of the board takes card0 before amdgpu gets there, and has no render node. */
function displayTree(state: NodeState): Entries {
  if (state.display === "none") return [];
  const path = pciPath("0000:03:00.0");
  return [
    file(`${path}/vendor`, "0x1a03\n"),
    file(`${path}/device`, "0x2000\n"),
    file(`${path}/uevent`, "DRIVER=ast\nPCI_CLASS=30000\nPCI_ID=1A03:2000\nPCI_SLOT_NAME=0000:03:00.0\n"),
    link("/sys/bus/pci/devices/0000:03:00.0", "../../../devices/pci0000:00/0000:03:00.0"),
    link("/sys/class/drm/card0", "../../devices/pci0000:00/0000:03:00.0/drm/card0"),
    file(`${path}/drm/card0/dev`, `${DRM_MAJOR}:0\n`),
    link(`${path}/drm/card0/device`, "../.."),
    link("/sys/class/drm/card0-VGA-1", "../../devices/pci0000:00/0000:03:00.0/drm/card0/card0-VGA-1"),
    file(`${path}/drm/card0/card0-VGA-1/status`, "disconnected\n"),
    link(`${path}/drm/card0/card0-VGA-1/device`, ".."),
  ];
}
