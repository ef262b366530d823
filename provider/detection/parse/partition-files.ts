import type { Bdf } from "../../topology/layout.ts";
import {
  type ComputeMode,
  type MemoryMode,
  parseComputeMode,
  parseMemoryMode,
} from "../../topology/modes.ts";
import { type AllocationMode, parseAllocationMode } from "./allocation-mode.ts";
import { parseFiles } from "./sections.ts";

/** The partition files of one card in sysfs; undefined = the file is absent or says something else. */
export interface CardFiles {
  readonly gpu: Bdf;
  /** "amdgpu", or of a display "ast". */
  readonly driver: string | undefined;
  readonly vendor: number | undefined;
  readonly pciDeviceId: number | undefined;
  readonly compute: ComputeMode | undefined;
  /** Already narrowed to the current memory mode. */
  readonly availableCompute: readonly ComputeMode[];
  readonly memory: MemoryMode | undefined;
  readonly availableMemory: readonly MemoryMode[];
  readonly vramTotal: number | undefined;
  readonly allocation: AllocationMode | undefined;
}

const PCI_SLOT = "PCI_SLOT_NAME=";
const DRIVER = "DRIVER=";

/** Cards with a PCI address, by that address: a secondary partition has none. */
export function parseCards(text: string): readonly CardFiles[] {
  const content = parseFiles(text);
  const found = new Map<Bdf, CardFiles>();
  for (const [path, lines] of content) {
    // A connector ("card1-DP-1") leads to the same device as its card.
    const card = /^(card\d+)\/device\/uevent$/.exec(path)?.[1];
    const slot = lines.find((line) => line.startsWith(PCI_SLOT));
    if (card === undefined || slot === undefined) continue;
    const gpu = slot.slice(PCI_SLOT.length).trim().toLowerCase();
    const read = (name: string): string => content.get(`${card}/device/${name}`)?.[0]?.trim() ?? "";
    const list = <T>(name: string, parse: (text: string) => T | undefined): readonly T[] =>
      read(name)
        .split(",")
        .map((text) => parse(text))
        .filter((mode) => mode !== undefined);
    found.set(gpu, {
      gpu,
      driver: lines
        .find((line) => line.startsWith(DRIVER))
        ?.slice(DRIVER.length)
        .trim(),
      vendor: number(read("vendor")),
      pciDeviceId: number(read("device")),
      compute: parseComputeMode(read("current_compute_partition")),
      availableCompute: list("available_compute_partition", parseComputeMode),
      memory: parseMemoryMode(read("current_memory_partition")),
      availableMemory: list("available_memory_partition", parseMemoryMode),
      vramTotal: number(read("mem_info_vram_total")),
      allocation: parseAllocationMode(read("compute_partition_mem_alloc_mode")),
    });
  }
  return [...found.values()].toSorted((a, b) => (a.gpu < b.gpu ? -1 : 1));
}

const number = (text: string): number | undefined =>
  text === "" || Number.isNaN(Number(text)) ? undefined : Number(text);
