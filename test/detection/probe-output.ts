/** What the probe prints, made of parts that a test can replace; the token is "T". */
export type ProbeParts = Readonly<Record<string, string>>;

export const TOKEN = "T";

export const probeOutput = (parts: ProbeParts): string =>
  Object.entries(parts)
    .map(([name, text]) => `\n==${TOKEN} ${name} 0\n${text}`)
    .join("");

const json = (value: unknown): string => `${JSON.stringify(value, null, 4)}\n`;

/** One MI300X in SPX/NPS1 with ROCm 7.2, seen by root. Card 0 is the board's display. */
export const ONE_MI300X: ProbeParts = {
  gpuProcesses: "",
  host: [
    "right=root",
    "amd_smi=/opt/rocm/bin/amd-smi",
    "kernel=6.8.0-84-generic",
    "machine-id=da15ed8dd6fb4ed88e1603f6032494aa",
    "boot_id=c0d0974b-0a64-4bc8-a6b1-c1589b5bb500",
    "version=6.16.13",
    "initstate=live",
    "flock=yes",
    "modprobe=yes",
    "",
  ].join("\n"),
  record: "",
  cards: [
    "card0/device/uevent:DRIVER=ast",
    "card0/device/uevent:PCI_SLOT_NAME=0000:03:00.0",
    "card1/device/uevent:DRIVER=amdgpu",
    "card1/device/uevent:PCI_SLOT_NAME=0000:0c:00.0",
    "card0/device/vendor:0x1a03",
    "card0/device/device:0x2000",
    "card1/device/current_compute_partition:SPX",
    "card1/device/available_compute_partition:SPX, DPX, QPX, CPX",
    "card1/device/current_memory_partition:NPS1",
    "card1/device/available_memory_partition:NPS1, NPS2, NPS4",
    "card1/device/mem_info_vram_total:206141652992",
    "card1/device/vendor:0x1002",
    "card1/device/device:0x74a1",
    "",
  ].join("\n"),
  pci: "0000:0c:00.0 0x120000 0x74a1\n",
  drm: "renderD128\nrenderD129\nvideo:x:44:\nrender:x:109:ops\n",
  nodes: [
    "0/properties:simd_count 0",
    "0/properties:vendor_id 0",
    "0/gpu_id:0",
    "0/mem_banks/0/properties:size_in_bytes 1622959345664",
    "1/properties:simd_count 1216",
    "1/properties:simd_per_cu 4",
    "1/properties:vendor_id 4098",
    "1/properties:device_id 29857",
    "1/properties:location_id 3072",
    "1/properties:domain 0",
    "1/properties:drm_render_minor 128",
    "1/properties:unique_id 11651590505119481856",
    "1/properties:num_xcc 8",
    "1/gpu_id:47640",
    "1/mem_banks/0/properties:size_in_bytes 206141652992",
    "",
  ].join("\n"),
  version: json([{ tool: "AMDSMI Tool", amdsmi_library_version: "26.2.1", rocm_version: "7.2.0" }]),
  list: json([{ gpu: 0, bdf: "0000:0c:00.0", partition_id: 0, render: "renderD128", card: "card1" }]),
  static: json({
    gpu_data: [
      {
        gpu: 0,
        asic: { market_name: "AMD Instinct MI300X", device_id: "0x74a1" },
        driver: { name: "amdgpu", version: "6.16.13" },
        partition: { accelerator_partition: "SPX", memory_partition: "NPS1", partition_id: 0 },
      },
    ],
  }),
  partition: json({
    memory_partition: [{ gpu_id: 0, memory_partition_caps: "NPS1,NPS2,NPS4" }],
    partition_profiles: [],
  }),
};

/** The same without some parts, as a probe prints them that found nothing to say. */
export const without = (parts: ProbeParts, ...names: readonly string[]): ProbeParts =>
  Object.fromEntries(Object.entries(parts).filter(([name]) => !names.includes(name)));

/** Lines of one part replaced: what is before the first space or colon pair tells which. */
export const withLine = (parts: ProbeParts, part: string, from: string, to: string): ProbeParts => {
  const text = parts[part] ?? "";
  if (!text.includes(from)) throw new Error(`${part} has no ${from}`);
  return { ...parts, [part]: text.replace(from, to) };
};
