import { deviceIdOf } from "./amd-smi/identity.ts";
import { USED_MEBIBYTES } from "./amd-smi/metric.ts";
import { acceleratorOf, CPU_NODES, type Device, devicesOf } from "./devices.ts";
import { hasAccess, type NodeState, opens, vramOf } from "./state.ts";
import type { Entries } from "./tree.ts";
import { file, link } from "./tree.ts";
import { RELEASES } from "./versions.ts";

const KFD = "/sys/devices/virtual/kfd/kfd";
const CPU_CORES = 96;
const SIMDS_PER_CU = 4;
const AMD = 0x10_02;
const HIVE = 1_311_768_467_294_899_695n;

/** KFD's topology and its list of processes; the whole of it goes with the driver. */
export function kfdTree(state: NodeState): Entries {
  if (state.driver === "unloaded") return [];
  const devices = devicesOf(state);
  return [
    link("/sys/class/kfd/kfd", "../../devices/virtual/kfd/kfd"),
    file(`${KFD}/topology/generation_id`, `${state.generation}\n`),
    file(`${KFD}/topology/system_properties`, "platform_oem 0\nplatform_id 0\nplatform_rev 0\n"),
    [`${KFD}/proc`, { is: "directory" }],
    ...Array.from({ length: CPU_NODES }, (_, node) => cpuNode(node)).flat(),
    ...devices.flatMap((device) => gpuNode(state, device)),
    ...processTree(state, devices),
  ];
}

const lines = (values: Readonly<Record<string, number | bigint>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value}\n`)
    .join("");

function cpuNode(node: number): Entries {
  const path = `${KFD}/topology/nodes/${node}`;
  return [
    file(`${path}/gpu_id`, "0\n"),
    file(`${path}/name`, "\n"),
    file(`${path}/properties`, lines({ ...NO_PROPERTIES, cpu_cores_count: CPU_CORES, mem_banks_count: 1 })),
    file(
      `${path}/mem_banks/0/properties`,
      lines({ heap_type: 0, size_in_bytes: 1_622_959_345_664, flags: 0, width: 64, mem_clk_max: 4800 }),
    ),
  ];
}

function gpuNode(state: NodeState, device: Device): Entries {
  const path = `${KFD}/topology/nodes/${device.nodeId}`;
  const accelerator = acceleratorOf(state, device.gpu);
  return [
    file(`${path}/gpu_id`, `${device.kfdId}\n`),
    file(`${path}/name`, "ip discovery\n"),
    file(
      `${path}/properties`,
      lines({
        ...NO_PROPERTIES,
        simd_count: device.computeUnits * SIMDS_PER_CU,
        mem_banks_count: 1,
        max_waves_per_simd: 8,
        lds_size_in_kb: 64,
        wave_front_size: 64,
        array_count: device.xcds * 4,
        simd_per_cu: SIMDS_PER_CU,
        gfx_target_version: accelerator.graphicsTarget,
        vendor_id: AMD,
        device_id: deviceIdOf(state, device.gpu),
        location_id: locationOf(state, device),
        domain: Number.parseInt(device.bdf.slice(0, 4), 16),
        drm_render_minor: device.renderMinor,
        hive_id: state.gpus.length > 1 && accelerator.links === "hive" ? HIVE : 0,
        unique_id: BigInt(`0x${device.serial}`),
        num_xcc: device.xcds,
      }),
    ),
    file(
      `${path}/mem_banks/0/properties`,
      lines({
        heap_type: 1,
        size_in_bytes: device.memoryBytes,
        flags: 0,
        width: accelerator.memoryBits,
        mem_clk_max: 1300,
      }),
    ),
    file(`${path}/mem_banks/0/used_memory`, `${USED_MEBIBYTES * 2 ** 20}\n`),
  ];
}

/** Lines of every node; a CPU has them at 0. */
const NO_PROPERTIES = {
  cpu_cores_count: 0,
  simd_count: 0,
  mem_banks_count: 0,
  caches_count: 0,
  io_links_count: 0,
  p2p_links_count: 0,
  cpu_core_id_base: 0,
  simd_id_base: 0,
  max_waves_per_simd: 0,
  lds_size_in_kb: 0,
  gds_size_in_kb: 0,
  wave_front_size: 0,
  array_count: 0,
  simd_per_cu: 0,
  gfx_target_version: 0,
  vendor_id: 0,
  device_id: 0,
  location_id: 0,
  domain: 0,
  drm_render_minor: 0,
  hive_id: 0,
  local_mem_size: 0,
};

/** bus × 256 + device × 8, and the partition in the function or, on newer drivers, in bits 31:28. */
function locationOf(state: NodeState, device: Device): number {
  const bus = Number.parseInt(device.bdf.slice(5, 7), 16);
  const slot = Number.parseInt(device.bdf.slice(8, 10), 16);
  const place = bus * 256 + slot * 8;
  return RELEASES[state.rocm].locationId === "function"
    ? place + device.partition
    : place + device.partition * 2 ** 28;
}

/** KFD lists a process for the GPUs that its device cgroup allows; "busy" is one that has all of them. */
function processTree(state: NodeState, devices: readonly Device[]): Entries {
  const gpuProcesses = [
    ...state.processes
      .filter((process) => opens(process, "kfd"))
      .map((process) => ({
        pid: process.pid,
        gpus: [...state.gpus.keys()].filter((gpu) => hasAccess(process, gpu)),
        main: process.gpu,
        partition: process.partition ?? 0,
        vram: vramOf(process),
      })),
    ...(state.busy
      ? [{ pid: BUSY_PID, gpus: [...state.gpus.keys()], main: undefined, partition: 0, vram: 16 * 2 ** 30 }]
      : []),
  ];
  return gpuProcesses.flatMap(({ pid, gpus, main, partition, vram }) => {
    const path = `${KFD}/proc/${pid}`;
    const used = devices.filter((device) => gpus.includes(device.gpu));
    return [
      file(`${path}/pasid`, `${32_768 + (pid % 1000)}\n`),
      ...used.flatMap(({ kfdId, gpu, partition: here }) => [
        file(
          `${path}/vram_${kfdId}`,
          `${here === partition && (main === undefined || gpu === main) ? vram : 0}\n`,
        ),
        file(`${path}/sdma_${kfdId}`, "0\n"),
      ]),
    ];
  });
}

/** Somebody else's process, of which amd-smi has nothing to say. */
const BUSY_PID = 2711;
