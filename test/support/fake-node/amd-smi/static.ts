import type { Device } from "../devices.ts";
import { acceleratorOf, memoryOf, profilesOf, totalMemoryBytes } from "../devices.ts";
import type { Release } from "../release.ts";
import type { NodeState } from "../state.ts";
import { RELEASES } from "../versions.ts";
import type { ParsedArguments } from "./arguments.ts";
import { deviceIdOf, hexadecimal } from "./identity.ts";
import type { Json } from "./outcome.ts";
import { document, MISSING, quantity } from "./outcome.ts";

const MEBIBYTE = 2 ** 20;

/** Sections in the order in which amd-smi prints them, whatever order they were asked for. */
const SECTIONS = {
  "--asic": { key: "asic", read: asic },
  "--limit": { key: "limit", read: limit },
  "--driver": { key: "driver", read: driver },
  "--partition": { key: "partition", read: partition },
  "--numa": { key: "numa", read: numa },
  "--vram": { key: "vram", read: vram },
} as const;

export function staticInformation(state: NodeState, parsed: ParsedArguments): string {
  const asked = Object.entries(SECTIONS).filter(
    ([option]) => parsed.options.size === 0 || parsed.options.has(option),
  );
  const rows = parsed.devices.map((device): Json => ({
    gpu: device.index,
    ...Object.fromEntries(asked.map(([, { key, read }]) => [key, read(state, device)])),
  }));
  return document(enveloped(RELEASES[state.rocm], rows));
}

/** `static` and `metric` put their rows under a key, from library 25.4.2 on. */
export const enveloped = (release: Release, rows: readonly Json[]): Json => {
  switch (release.envelope) {
    case "none":
      return rows;
    case "cpu-core-gpu":
      return { cpu_data: [], core_data: [], gpu_data: rows };
    case "gpu":
      return { gpu_data: rows };
  }
};

/** What a partition other than the first does not say of itself in this release. */
const masked = (state: NodeState, device: Device): boolean =>
  device.partition !== 0 && RELEASES[state.rocm].secondaries === "own-share";

/** The first partition answers for the whole GPU, in every mode. */
export const memoryMebibytes = (state: NodeState, device: Device): number =>
  Math.floor((masked(state, device) ? device.memoryBytes : totalMemoryBytes(state, device.gpu)) / MEBIBYTE);

function asic(state: NodeState, device: Device): Json {
  const release = RELEASES[state.rocm];
  const accelerator = acceleratorOf(state, device.gpu);
  const id = `0x${hexadecimal(deviceIdOf(state, device.gpu), 4)}`;
  const virtual = state.platform === "guest" ? " VF" : "";
  return {
    market_name: `${accelerator.marketName}${virtual}`,
    vendor_id: "0x1002",
    vendor_name: "Advanced Micro Devices Inc. [AMD/ATI]",
    subvendor_id: "0x1002",
    device_id: id,
    ...(release.static.revisions === "present" && {
      chip_rev_id: "0x0",
      external_rev_id: "0x47",
      physical_acc_id: MISSING,
    }),
    ...(release.static.subsystem === "present" && { subsystem_id: id }),
    rev_id: "0x00",
    asic_serial: `0x${(state.gpus[device.gpu]?.serial ?? "").toUpperCase()}`,
    oam_id: masked(state, device) ? MISSING : device.gpu,
    ...(release.static.computeUnits === "present" && {
      num_compute_units: device.computeUnits,
      target_graphics_version: accelerator.graphicsVersion,
    }),
  };
}

const TEMPERATURES = ["slowdown", "shutdown"].flatMap((when) =>
  ["edge", "hotspot", "vram"].map((where): [string, Json] => [`${when}_${where}_temperature`, MISSING]),
);

const limits = (max: Json, min: Json, socket: Json): Json => ({
  max_power_limit: max,
  min_power_limit: min,
  socket_power_limit: socket,
});

function limit(state: NodeState, device: Device): Json {
  const { watts } = acceleratorOf(state, device.gpu);
  const power = (value: number): Json => (masked(state, device) ? MISSING : quantity(value, "W"));
  const temperatures = Object.fromEntries(TEMPERATURES);
  if (RELEASES[state.rocm].static.limit === "flat") {
    return { max_power: power(watts), min_power: power(0), socket_power: power(watts), ...temperatures };
  }
  return {
    ppt0: limits(power(watts), power(0), power(watts)),
    ppt1: limits(MISSING, MISSING, MISSING),
    ...temperatures,
    ptl_state: MISSING,
    ptl_format: MISSING,
  };
}

function driver(state: NodeState): Json {
  const release = RELEASES[state.rocm];
  return {
    name: "amdgpu",
    version: `${release.driver}${release.driverBuild}`,
    ...(release.static.kernel === "present" && { os_kernel_version: state.kernel }),
  };
}

function partition(state: NodeState, device: Device): Json {
  const release = RELEASES[state.rocm].static;
  const gpu = state.gpus[device.gpu];
  const said = (value: string): string =>
    masked(state, device) || profilesOf(state, device.gpu).length === 0 ? MISSING : value;
  return {
    [release.computeKey]: said(gpu?.compute ?? MISSING),
    memory_partition: said(memoryOf(state, device.gpu)),
    ...(release.partitionId === "present" && { partition_id: device.partition }),
    ...(release.allocationMode === "present" && {
      compute_partition_mem_alloc_mode: said(gpu?.allocation ?? MISSING),
    }),
  };
}

function numa(state: NodeState): Json {
  const affinity = {
    absent: {},
    spaced: { "CPU affinity": ["-0x1"], "Socket affinity": [-1] },
    underscored: { cpu_affinity: MISSING, socket_affinity: MISSING },
  }[RELEASES[state.rocm].static.affinity];
  return { node: 0, affinity: 0, ...affinity };
}

function vram(state: NodeState, device: Device): Json {
  const release = RELEASES[state.rocm].static;
  const accelerator = acceleratorOf(state, device.gpu);
  return {
    type: accelerator.memoryType === "HBM3E" && release.knowsHbm3e === "no" ? "HBM3" : accelerator.memoryType,
    vendor: release.memoryVendor,
    size: quantity(memoryMebibytes(state, device), "MB"),
    ...(release.memoryWidth === "present" && {
      bit_width: accelerator.memoryBits,
      max_bandwidth: quantity(accelerator.bandwidthGigabytes, "GB/s"),
    }),
  };
}
