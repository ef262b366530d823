export type ComputeMode = "SPX" | "DPX" | "TPX" | "QPX" | "CPX";
export type MemoryMode = "NPS1" | "NPS2" | "NPS4" | "NPS8";

/** One entry of the driver's list of accelerator profiles: a compute mode and the memory modes it works with. */
export interface Profile {
  readonly mode: ComputeMode;
  readonly devices: number;
  readonly memoryModes: readonly MemoryMode[];
}

/**
 * What one kind of GPU is to its driver. Kept apart from the provider's own table on purpose: a provider that trusts its
 * table more than the host is found out only where the two differ (MI300A memory).
 */
export interface Accelerator {
  readonly marketName: string;
  readonly deviceId: number;
  /** Id of the virtual function a guest is given, where a public source states it. */
  readonly guestDeviceId?: number;
  readonly graphicsVersion: string;
  /** `gfx_target_version` of KFD. */
  readonly graphicsTarget: number;
  readonly computeUnits: number;
  readonly xcds: number;
  readonly memoryMebibytes: number;
  /** By library: "HBM3E" is a word of amd-smi from ROCm 7.1 on. */
  readonly memoryType: "HBM2" | "HBM3" | "HBM3E";
  readonly memoryBits: number;
  readonly bandwidthGigabytes: number;
  readonly watts: number;
  /** In the order of their profile index. Empty: this GPU cannot be partitioned. */
  readonly profiles: readonly Profile[];
  readonly memoryModes: readonly MemoryMode[];
  /** An APU's HBM is the host's memory as well. @default the GPU's alone */
  readonly memoryOf?: "host";
  /** Whether the GPUs of one host are linked (XGMI). */
  readonly links: "hive" | "none";
}

const profile = (mode: ComputeMode, devices: number, ...memoryModes: readonly MemoryMode[]): Profile => ({
  mode,
  devices,
  memoryModes,
});

const EIGHT_XCD_GFX942 = [
  profile("SPX", 1, "NPS1"),
  profile("DPX", 2, "NPS1", "NPS2"),
  profile("QPX", 4, "NPS1", "NPS4"),
  profile("CPX", 8, "NPS1", "NPS4"),
];

const gfx942 = {
  graphicsVersion: "gfx942",
  graphicsTarget: 90402,
  memoryBits: 8192,
  bandwidthGigabytes: 5300,
  memoryType: "HBM3",
  links: "hive",
} as const;

export const ACCELERATORS = {
  MI300X: {
    ...gfx942,
    marketName: "AMD Instinct MI300X",
    deviceId: 0x74_a1,
    guestDeviceId: 0x74_b5,
    computeUnits: 304,
    xcds: 8,
    memoryMebibytes: 196_592,
    watts: 750,
    profiles: EIGHT_XCD_GFX942,
    memoryModes: ["NPS1", "NPS2", "NPS4"],
  },
  MI300A: {
    ...gfx942,
    marketName: "AMD Instinct MI300A",
    deviceId: 0x74_a0,
    memoryOf: "host",
    computeUnits: 228,
    xcds: 6,
    memoryMebibytes: 128_512,
    watts: 550,
    profiles: [profile("SPX", 1, "NPS1"), profile("TPX", 3, "NPS1"), profile("CPX", 6, "NPS1")],
    memoryModes: ["NPS1"],
  },
  MI308X: {
    ...gfx942,
    marketName: "AMD Instinct MI308X",
    deviceId: 0x74_a2,
    computeUnits: 80,
    xcds: 4,
    memoryMebibytes: 196_608,
    watts: 650,
    profiles: [
      profile("SPX", 1, "NPS1"),
      profile("DPX", 2, "NPS1", "NPS2"),
      profile("CPX", 4, "NPS1", "NPS4"),
    ],
    memoryModes: ["NPS1", "NPS2", "NPS4"],
  },
  MI325X: {
    ...gfx942,
    marketName: "AMD Instinct MI325X",
    deviceId: 0x74_a5,
    computeUnits: 304,
    xcds: 8,
    memoryMebibytes: 262_128,
    memoryType: "HBM3E",
    bandwidthGigabytes: 6000,
    watts: 1000,
    profiles: EIGHT_XCD_GFX942,
    memoryModes: ["NPS1", "NPS2", "NPS4"],
  },
  MI355X: {
    marketName: "AMD Instinct MI355X",
    deviceId: 0x75_a3,
    graphicsVersion: "gfx950",
    graphicsTarget: 90_500,
    computeUnits: 256,
    xcds: 8,
    memoryMebibytes: 294_896,
    memoryType: "HBM3E",
    memoryBits: 8192,
    bandwidthGigabytes: 8000,
    watts: 1400,
    profiles: [
      profile("SPX", 1, "NPS1"),
      profile("DPX", 2, "NPS1", "NPS2"),
      profile("QPX", 4, "NPS1", "NPS2"),
      profile("CPX", 8, "NPS1", "NPS2"),
    ],
    memoryModes: ["NPS1", "NPS2"],
    links: "hive",
  },
  MI350P: {
    marketName: "AMD Instinct MI350P",
    deviceId: 0x75_a8,
    guestDeviceId: 0x75_b8,
    graphicsVersion: "gfx950",
    graphicsTarget: 90_500,
    computeUnits: 128,
    xcds: 4,
    memoryMebibytes: 147_440,
    memoryType: "HBM3E",
    memoryBits: 4096,
    bandwidthGigabytes: 4000,
    watts: 600,
    profiles: [profile("SPX", 1, "NPS1"), profile("DPX", 2, "NPS1"), profile("CPX", 4, "NPS1")],
    memoryModes: ["NPS1"],
    links: "none",
  },
  MI210: {
    marketName: "AMD Instinct MI210",
    deviceId: 0x74_0f,
    graphicsVersion: "gfx90a",
    graphicsTarget: 90_010,
    computeUnits: 104,
    xcds: 1,
    memoryMebibytes: 65_520,
    memoryType: "HBM2",
    memoryBits: 4096,
    bandwidthGigabytes: 1638,
    watts: 300,
    profiles: [],
    memoryModes: [],
    links: "none",
  },
} as const satisfies Record<string, Accelerator>;

export type AcceleratorName = keyof typeof ACCELERATORS;
