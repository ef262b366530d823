import { ArgumentError } from "../argument-errors.ts";
import { type Bytes, mebibytes } from "../bytes.ts";
import { type ComputeMode, type MemoryMode, type ModePair, sameModes } from "./modes.ts";

/** What one kind of GPU can do. The host's own report wins over this table wherever there is one. */
export interface Accelerator {
  readonly name: AcceleratorName;
  /** PCI device ids (vendor 0x1002). Empty where no public source states one we trust. */
  readonly pciDeviceIds: readonly number[];
  /** Ids of its virtual functions: what an SR-IOV guest sees. Sources: AMD's host driver (`amdgv_marketing_name.c`), its profiler's table. */
  readonly guestDeviceIds: readonly number[];
  /** As compilers call it (`gfx_target_version` of KFD: 90402 and 90403 are gfx942, 90500 is gfx950). */
  readonly instructionSet: "gfx942" | "gfx950";
  /** Compute dies. */
  readonly xcds: number;
  readonly computeUnits: number;
  /** What KFD offers of the HBM in SPX: the nominal size less 16 MiB. */
  readonly memory: Bytes;
  /** Whose memory it is: an APU's HBM is the memory of the host as well. @default "gpu" */
  readonly memoryOf?: "host";
  /** Logical devices of each compute mode; a mode that is not a key does not exist on this GPU. */
  readonly devicesByMode: Readonly<Partial<Record<ComputeMode, number>>>;
  /** Pairs the kernel driver accepts. */
  readonly permitted: readonly ModePair[];
  /** Pairs that AMD's documents list without contradicting each other. Others work, and deserve a warning. */
  readonly validated: readonly ModePair[];
}

export const ACCELERATOR_NAMES = [
  "MI300X",
  "MI300A",
  "MI308X",
  "MI325X",
  "MI350X",
  "MI355X",
  "MI350P",
] as const;
export type AcceleratorName = (typeof ACCELERATOR_NAMES)[number];

const pair = (text: `${ComputeMode}/${MemoryMode}`): ModePair => {
  const [compute, memory] = text.split("/") as [ComputeMode, MemoryMode];
  return { compute, memory };
};

const EIGHT_XCDS = { SPX: 1, DPX: 2, QPX: 4, CPX: 8 } as const;

/** Kernel `aqua_vanjaram.c`, compatible_nps_modes of gfx942 with 8 XCDs. NPS8 exists in the API only. */
const GFX942_EIGHT_XCDS = [
  pair("SPX/NPS1"),
  pair("DPX/NPS1"),
  pair("DPX/NPS2"),
  pair("QPX/NPS1"),
  pair("QPX/NPS4"),
  pair("CPX/NPS1"),
  pair("CPX/NPS4"),
];

/** The same for gfx950, which adds NPS2 to QPX and CPX; AMD documents no NPS4 there. */
const GFX950 = [
  pair("SPX/NPS1"),
  pair("DPX/NPS1"),
  pair("DPX/NPS2"),
  pair("QPX/NPS1"),
  pair("QPX/NPS2"),
  pair("CPX/NPS1"),
  pair("CPX/NPS2"),
];

const withoutPair = (pairs: readonly ModePair[], ...left: readonly ModePair[]): readonly ModePair[] =>
  pairs.filter((one) => !left.some((other) => sameModes(one, other)));

/**
 * Sources: AMD SMI guide (partition.md, matrix per GPU), kernel `aqua_vanjaram.c`, ROCm/k8s-device-plugin test data.
 * MI300X memory is a KFD reading; the others are their nominal size less the same 16 MiB.
 */
export const ACCELERATORS: readonly Accelerator[] = [
  {
    name: "MI300X",
    // The second is the HF variant.
    pciDeviceIds: [0x74_a1, 0x74_a9],
    guestDeviceIds: [0x74_b5, 0x74_bd],
    instructionSet: "gfx942",
    xcds: 8,
    computeUnits: 304,
    memory: mebibytes(192 * 1024 - 16),
    devicesByMode: EIGHT_XCDS,
    permitted: GFX942_EIGHT_XCDS,
    // The guide lists QPX/NPS4, AMD's driver documentation says that NPS4 is for CPX only.
    validated: withoutPair(GFX942_EIGHT_XCDS, pair("QPX/NPS4")),
  },
  {
    name: "MI300A",
    pciDeviceIds: [0x74_a0],
    guestDeviceIds: [0x74_b4],
    instructionSet: "gfx942",
    xcds: 6,
    computeUnits: 228,
    memory: mebibytes(128 * 1024 - 16),
    memoryOf: "host",
    // The guide ticks DPX too; six dies do not divide by four, and the kernel refuses it.
    devicesByMode: { SPX: 1, TPX: 3, CPX: 6 },
    permitted: [pair("SPX/NPS1"), pair("TPX/NPS1"), pair("CPX/NPS1")],
    validated: [pair("SPX/NPS1"), pair("TPX/NPS1"), pair("CPX/NPS1")],
  },
  {
    name: "MI308X",
    pciDeviceIds: [0x74_a2, 0x74_a8],
    guestDeviceIds: [0x74_b6, 0x74_bc],
    instructionSet: "gfx942",
    xcds: 4,
    computeUnits: 80,
    memory: mebibytes(192 * 1024 - 16),
    devicesByMode: { SPX: 1, DPX: 2, CPX: 4 },
    permitted: [pair("SPX/NPS1"), pair("DPX/NPS1"), pair("DPX/NPS2"), pair("CPX/NPS1"), pair("CPX/NPS4")],
    validated: [pair("SPX/NPS1"), pair("CPX/NPS1")],
  },
  {
    name: "MI325X",
    pciDeviceIds: [0x74_a5],
    guestDeviceIds: [0x74_b9],
    instructionSet: "gfx942",
    xcds: 8,
    computeUnits: 304,
    memory: mebibytes(256 * 1024 - 16),
    devicesByMode: EIGHT_XCDS,
    permitted: GFX942_EIGHT_XCDS,
    validated: [pair("SPX/NPS1"), pair("DPX/NPS2")],
  },
  {
    name: "MI350X",
    pciDeviceIds: [0x75_a0],
    guestDeviceIds: [0x75_b0],
    instructionSet: "gfx950",
    xcds: 8,
    computeUnits: 256,
    memory: mebibytes(288 * 1024 - 16),
    devicesByMode: EIGHT_XCDS,
    permitted: GFX950,
    validated: withoutPair(GFX950, pair("QPX/NPS1")),
  },
  {
    name: "MI355X",
    pciDeviceIds: [0x75_a3],
    guestDeviceIds: [0x75_b3],
    instructionSet: "gfx950",
    xcds: 8,
    computeUnits: 256,
    memory: mebibytes(288 * 1024 - 16),
    devicesByMode: EIGHT_XCDS,
    permitted: GFX950,
    validated: withoutPair(GFX950, pair("QPX/NPS1")),
  },
  {
    // A PCIe card with one I/O die and four HBM stacks: NPS1 only, no links between cards (ROCm 7.13, amdgpu 6.19).
    name: "MI350P",
    pciDeviceIds: [0x75_a8],
    guestDeviceIds: [0x75_b8],
    instructionSet: "gfx950",
    xcds: 4,
    computeUnits: 128,
    memory: mebibytes(144 * 1024 - 16),
    devicesByMode: { SPX: 1, DPX: 2, CPX: 4 },
    permitted: [pair("SPX/NPS1"), pair("DPX/NPS1"), pair("CPX/NPS1")],
    validated: [pair("SPX/NPS1"), pair("DPX/NPS1"), pair("CPX/NPS1")],
  },
];

export const acceleratorByName = (name: AcceleratorName): Accelerator => {
  const found = ACCELERATORS.find((one) => one.name === name);
  if (!found) throw new ArgumentError([`no accelerator is called ${name}; see ACCELERATORS`]);
  return found;
};

export const acceleratorByDeviceId = (deviceId: number): Accelerator | undefined =>
  ACCELERATORS.find((one) => one.pciDeviceIds.includes(deviceId));

/** The kind of GPU that a virtual function is a part of. */
export const acceleratorByGuestDeviceId = (deviceId: number): Accelerator | undefined =>
  ACCELERATORS.find((one) => one.guestDeviceIds.includes(deviceId));

export const includesPair = (pairs: readonly ModePair[], wanted: ModePair): boolean =>
  pairs.some((one) => sameModes(one, wanted));
